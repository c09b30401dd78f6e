"""Words about tariffs."""

TEXTS = {
    "tariffs_title": ("Tariffs", "运价表"),
    "tariffs_about": (
        "What was agreed on prices with each carrier. A booking that the carrier itself does not price is priced by the "
        "version that is valid on its ship date, and bills are held against it.",
        "与各承运商约定的价格。承运商自身不报价的订舱，按发货日有效的版本计价，账单亦据此核对。",
    ),
    "tariffs_file": ("File (YAML or CSV)", "文件（YAML 或 CSV）"),
    "tariffs_account": ("Carrier account", "承运商账号"),
    "tariffs_add": ("Keep as the next version", "保存为下一版本"),
    "tariffs_try": ("Try it on a shipment", "用一票货试算"),
    "tariffs_version": ("Version", "版本"),
    "tariffs_valid": ("Valid", "有效期"),
    "tariffs_origin": ("From (FR, or FR 75002)", "起运地（FR 或 FR 75002）"),
    "tariffs_destination": ("To", "目的地"),
    "tariffs_kg": ("kg", "公斤"),
    "tariffs_value": ("To be covered (90.00 EUR)", "投保金额（如 90.00 EUR）"),
    "tariffs_ship_on": ("Ship date", "发货日"),
    "tariffs_wrong": ("This file is no tariff:", "该文件不是有效的运价表："),
    "tariffs_charge": ("Charge", "费用"),
    "tariffs_amount": ("Amount", "金额"),
    "tariffs_from_line": ("By", "依据"),
    "tariffs_total": ("Total before tax", "税前合计"),
    "tariffs_none": ("No price: {why}", "无价格：{why}"),
    "tariffs_lanes": ("Lanes", "线路"),
    "tariffs_surcharges": ("Surcharges", "附加费"),
    "tariffs_fuel": ("Fuel", "燃油"),
    "tariffs_cover": ("Cover", "保险"),
    "tariffs_weight": ("Up to", "重量上限"),
    "tariffs_everywhere": ("everywhere", "不限"),
    "tariffs_beyond": ("Beyond prices", "价格以外"),
    "tariffs_storage": ("{days} days free, then {price} a day", "免费 {days} 天，之后每天 {price}"),
    "tariffs_guarantee": ("Guaranteed", "时效承诺"),
    "tariffs_promise": ("{days} working days, by {by} ({zone})", "{days} 个工作日内，{by} 前（{zone}）"),
    "tariffs_duty": ("Duty is asked of the consignee, not of this account", "关税向收件方收取，不计入本账号"),
    "dry_by_tariff": ("by your tariff, version {version}", "按您的运价表第 {version} 版"),
    "routing.cheaper": ("chosen: the cheapest of channels of one rank", "同级渠道中价格最低，已选"),
    "event.tariff.agreed": ("Tariff agreed", "运价表已保存"),
}
EN = {key: said[0] for key, said in TEXTS.items()}
ZH = {key: said[1] for key, said in TEXTS.items()}
