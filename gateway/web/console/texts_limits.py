"""What the console says of time limits, in both languages."""

from collections.abc import Mapping

EN: Mapping[str, str] = {
    "limit_zone": "Counted in {zone}",
    "limit_was": "Before it was moved",
    "limit_inferred": "The start was not scanned; it is inferred from the first scan after it.",
    "limit_opens": "Not before",
    "limit_paused": "The clock stands still since",
    "about.loss": "loss",
    "about.damage": "damage",
    "about.delay": "delay",
    "stage.opens": "it may be acted on",
    "stage.warn-50": "half of the time is over",
    "stage.warn-80": "a fifth of the time is left",
    "stage.warn-95": "hardly any time is left",
    "stage.warn-work": "the last working hours before the end",
}
ZH: Mapping[str, str] = {
    "limit_zone": "按 {zone} 时区计算",
    "limit_was": "调整前",
    "limit_inferred": "起算事件没有扫描记录，按其后的第一条扫描推定。",
    "limit_opens": "最早",
    "limit_paused": "计时暂停自",
    "about.loss": "丢失",
    "about.damage": "损坏",
    "about.delay": "延误",
    "stage.opens": "可以开始办理",
    "stage.warn-50": "时限已过半",
    "stage.warn-80": "时限剩余五分之一",
    "stage.warn-95": "时限即将届满",
    "stage.warn-work": "到期前最后的工作时间",
}
