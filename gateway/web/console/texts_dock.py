"""What the console says of what was found at the dock, in both languages."""

from collections.abc import Mapping

EN: Mapping[str, str] = {
    "seal": "Seal",
    "serial": "Serial number",
    "dock_weight": "Weight at the dock",
    "dock_weight_kg": "Weight at the dock (kg)",
    "dock_size": "Size at the dock",
    "dock_length_cm": "Length (cm)",
    "dock_width_cm": "Width (cm)",
    "dock_height_cm": "Height (cm)",
    "deduction": "Deduction",
}
ZH: Mapping[str, str] = {
    "seal": "封签号",
    "serial": "序列号",
    "dock_weight": "到货称重",
    "dock_weight_kg": "到货称重（千克）",
    "dock_size": "到货尺寸",
    "dock_length_cm": "长（厘米）",
    "dock_width_cm": "宽（厘米）",
    "dock_height_cm": "高（厘米）",
    "deduction": "扣减金额",
}
