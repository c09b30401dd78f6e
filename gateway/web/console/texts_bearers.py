"""Words about who bears which charge."""

TEXTS = {
    "bearers_title": ("Who bears what", "费用承担"),
    "bearers_about": (
        "The first rule that fits counts, for bills of its day and later. What none fits the exporter bears.",
        "按顺序采用第一条适用规则，适用于生效日及以后的账单；无适用规则的费用由出口商承担。",
    ),
    "bearers_default": ("No rule: the exporter bears everything.", "无规则：全部费用由出口商承担。"),
    "bearers_keep": ("Rules to keep, in order", "保留的规则（按顺序）"),
    "bearers_add": ("One more, before them", "在最前新增一条"),
    "bearers_who": ("Borne by", "承担方"),
    "bearers_charges": ("Of these charges (none: all)", "适用费用（不选为全部）"),
    "bearers_channels": ("At these channels (none: all)", "适用渠道（不选为全部）"),
    "bearers_reasons": ("Of returns for these reasons (none: all)", "适用退货原因（不选为全部）"),
    "bearers_note": ("Why", "理由"),
    "bearers_from": ("From bills of", "适用账单起始日"),
    "bearers_decide": ("Keep as the next version", "保存为下一版本"),
    "bearers_rules": ("Rules", "规则"),
    "bearers_all": ("all charges", "全部费用"),
    "borne": ("Borne by", "承担方"),
    "duty_apart": ("duty", "关税"),
    "charge_bearer.exporter": ("Exporter", "出口商"),
    "charge_bearer.returner": ("Returner", "退货人"),
    "charge_bearer.platform": ("Platform", "平台"),
    "charge_bearer.carrier": ("Carrier", "承运商"),
    "charge_bearer.terms": ("As the sales terms say", "按销售条款"),
    "event.bearers.decided": ("Rules of who bears what decided", "费用承担规则已保存"),
}
EN = {key: said[0] for key, said in TEXTS.items()}
ZH = {key: said[1] for key, said in TEXTS.items()}
