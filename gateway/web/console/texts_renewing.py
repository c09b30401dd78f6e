"""What the console says of renewals, in both languages."""

from collections.abc import Mapping

EN: Mapping[str, str] = {
    "renew": "Renew",
    "renew_days": "Not used in time. Days more ({shortest} to {longest})",
    "renewing": "A renewal is being asked for.",
    "verb.renew": "renew",
    "verb.find_by_day": "find by day",
    "task.renewal_refused": "Renewal refused",
    "event.renewal.sending": "Asking for a renewal",
    "event.renewal.live": "Renewal agreed",
    "event.renewal.refused": "Renewal refused",
    "event.renewal.unknown": "Renewal: no trustworthy answer, asked again",
    "event.shipment.renewed": "Good again until the new limit",
}
ZH: Mapping[str, str] = {
    "renew": "续期",
    "renew_days": "未在期限内使用。延长天数（{shortest} 至 {longest}）",
    "renewing": "正在申请续期。",
    "verb.renew": "续期",
    "verb.find_by_day": "按日查单",
    "task.renewal_refused": "续期被拒绝",
    "event.renewal.sending": "正在申请续期",
    "event.renewal.live": "续期已受理",
    "event.renewal.refused": "续期被拒绝",
    "event.renewal.unknown": "续期未得到可信答复，将再次申请",
    "event.shipment.renewed": "已恢复有效，至新期限为止",
}
