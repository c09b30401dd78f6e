"""What letters say, in English and Chinese."""

from collections.abc import Mapping

from schemas.messages import NoticeKind as N

Said = tuple[str, str]
LANGUAGES = ("en", "zh")

HAPPENED: Mapping[N, Said] = {
    N.RETURN_APPROVED: ("Return approved", "退货已批准"),
    N.RETURN_AMENDED: ("Return amended", "退货有变更"),
    N.RETURN_ANSWERED: ("A return request was answered", "退货请求已答复"),
    N.RETURN_CANCELLED: ("Return cancelled", "退货已取消"),
    N.RETURN_NEEDS_REVIEW: ("A return changed after it was booked", "下单后退货有变更"),
    N.RETURN_ACTION_REQUIRED: ("Something is missing for a return", "退货缺少必要信息"),
    N.BOOKING_CONFIRMED: ("The carrier has booked", "承运商已接单"),
    N.BOOKING_REFUSED: ("The carrier has refused a booking", "承运商拒绝下单"),
    N.BOOKING_OUTCOME_UNKNOWN: ("A booking's outcome is unknown", "下单结果不明"),
    N.BOOKING_RESOLVED: ("A booking's outcome is known now", "下单结果已查明"),
    N.BOOKING_VOIDED: ("A booking is void", "下单已作废"),
    N.LABEL_READY: ("The label is there", "面单已生成"),
    N.PICKUP_CONFIRMED: ("A pickup is booked", "取件已预约"),
    N.PICKUP_REFUSED: ("A pickup was refused", "取件被拒绝"),
    N.TRACKING_STATUS_CHANGED: ("A shipment moved on", "货件状态更新"),
    N.TRACKING_EXCEPTION: ("Something is wrong with a shipment", "货件异常"),
    N.DEADLINE_STARTED: ("A limit has started", "期限开始计时"),
    N.DEADLINE_MOVED: ("A limit has moved", "期限已调整"),
    N.DEADLINE_REMINDER: ("A limit draws near", "期限将至"),
    N.DEADLINE_MISSED: ("A limit is over", "期限已过"),
    N.DEADLINE_MET: ("A limit was met", "已在期限内完成"),
    N.APPLICATION_SUBMITTED: ("An application was handed in", "已提交退货申请"),
    N.APPLICATION_PAPERS_ASKED: ("Papers are asked for", "要求补充单据"),
    N.APPLICATION_APPROVED: ("An application was approved", "退货申请已批准"),
    N.APPLICATION_REJECTED: ("An application was rejected", "退货申请已驳回"),
    N.APPLICATION_WITHDRAWN: ("An application was taken back", "退货申请已撤回"),
    N.MESSAGE_POSTED: ("A message", "新留言"),
    N.CUSTOMS_CONFIRMED: ("A customs relief is confirmed", "已确认海关优惠"),
    N.ACCEPTANCE_RECORDED: ("An acceptance was recorded", "已登记验收"),
    N.INVOICE_MATCHED: ("A carrier's invoice agrees", "承运商账单核对无误"),
    N.INVOICE_DISCREPANCY: ("A carrier's invoice does not agree", "承运商账单有差异"),
    N.DISPUTE_FILED: ("A dispute was filed", "争议已提交承运商"),
    N.CLAIM_OPENED: ("A claim was opened", "已发起索赔"),
    N.CLAIM_FILED: ("A claim was filed", "索赔已提交承运商"),
    N.CLAIM_ANSWERED: ("A claim was answered", "索赔已有答复"),
    N.CLAIM_PAID: ("A claim was paid", "索赔已赔付"),
    N.CLAIM_WITHDRAWN: ("A claim was withdrawn", "索赔已撤回"),
    N.COVER_BOUND: ("Goods are covered", "已承保"),
    N.COVER_REFUSED: ("Cover was refused", "投保被拒"),
    N.COVER_CANCELLED: ("Cover was cancelled", "保险已取消"),
    N.ENDPOINT_DISABLED: ("An address is told no more", "通知地址已停用"),
    N.ENDPOINT_TEST: ("A test: mail arrives", "测试：邮件可送达"),
}

LABELS: Mapping[str, Said] = {
    "return": ("Return", "退货单"),
    "at": ("When", "时间"),
    "order_id": ("Order", "订单"),
    "number": ("Invoice", "账单"),
    "carrier": ("Carrier", "承运商"),
    "waybill": ("Waybill", "运单号"),
    "reference": ("Their number", "对方编号"),
    "confirmation": ("Confirmation", "确认号"),
    "status": ("Status", "状态"),
    "clock": ("Limit", "期限"),
    "due_at": ("Ends", "截止时间"),
    "was_due_at": ("Ended before", "原截止时间"),
    "answer": ("Answer", "答复"),
    "decision": ("Decision", "决定"),
    "reason": ("Reason", "原因"),
    "wire_text": ("In the carrier's words", "承运商原文"),
    "who": ("From", "来自"),
    "answer_by": ("Answer wanted by", "请于此前答复"),
}
"""The fields of a notice that a letter tells, in this order. No other is told, whatever a notice holds."""

INSTANTS = frozenset({"due_at", "was_due_at", "answer_by"})

WORDS: Mapping[str, Said] = {
    "clock.hand_over": ("hand-over", "交件"),
    "clock.hold": ("hold", "保管"),
    "clock.acceptance": ("acceptance", "验收"),
    "clock.claim": ("claim", "索赔"),
    "clock.customs": ("customs", "海关"),
    "decision.accept": ("accept", "接收"),
    "decision.accept_with_reservation": ("accept with reservation", "有保留接收"),
    "decision.part": ("accept in part", "部分接收"),
    "decision.reject": ("reject", "拒收"),
    "decision.dispose": ("dispose of", "销毁处理"),
    "answer.approved": ("approved", "批准"),
    "answer.declined": ("declined", "不批准"),
    "who.exporter": ("exporter", "出口方"),
    "who.platform": ("platform", "平台"),
    "who.service": ("service", "客服"),
    "status.announced": ("announced", "已预报"),
    "status.handed_over": ("handed over", "已揽收"),
    "status.in_transit": ("in transit", "运输途中"),
    "status.in_customs": ("in customs", "清关中"),
    "status.held": ("held", "滞留"),
    "status.out_for_delivery": ("out for delivery", "派送中"),
    "status.ready_to_collect": ("ready to collect", "待自提"),
    "status.delivery_failed": ("delivery failed", "派送失败"),
    "status.delivered": ("delivered", "已送达"),
    "status.returned_to_sender": ("returned to sender", "已退回寄件人"),
    "status.lost": ("lost", "丢失"),
    "status.expired": ("expired", "已过期"),
    "status.cancelled": ("cancelled", "已取消"),
    "status.approved": ("approved", "已批准"),
    "status.closed": ("closed", "已关闭"),
    "status.declined": ("declined", "未批准"),
    "reason.needs_address": ("the returner's address is missing", "缺少退货人地址"),
    "reason.no_channel": ("no designated channel takes it", "没有可用的指定渠道"),
}

FURNITURE: Mapping[str, Said] = {
    "subject": ("{what}: return {number}", "{what}：退货 {number}"),
    "line": ("{label}: {value}", "{label}：{value}"),
    "see": ("See", "查看"),
    "for": ("Sent by Homeward for {name}.", "由 Homeward 代 {name} 发送。"),
    "answer": ("Answers to this mail reach {name}.", "回复此邮件即可联系 {name}。"),
    "no_answer": ("Nobody reads answers to this mail.", "此邮箱不接收回复。"),
}


def in_language(said: Said, language: str) -> str:
    """English where a language has no words."""
    return said[LANGUAGES.index(language) if language in LANGUAGES else 0]
