"""What the console says of a return's thread, in both languages."""

from collections.abc import Mapping

EN: Mapping[str, str] = {
    "thread": "Messages",
    "thread_none": "Nobody has written yet.",
    "thread_who": "Written by",
    "thread_text": "Message",
    "thread_by": "Answer wanted by ({zone}), if any",
    "thread_send": "Send",
    "thread_wanted": "Answer wanted by",
    "thread_answered": "answered",
    "thread_waiting": "not answered yet",
    "thread_missed": "not answered in time",
    "side.exporter": "exporter",
    "side.platform": "platform",
    "side.service": "service",
    "task.answer_missed": "Not answered in time",
    "event.message.posted": "Message written",
    "event.message.unanswered": "Message not answered in time",
    "told.message.posted": "a message",
    "verb.messages": "take messages",
}
ZH: Mapping[str, str] = {
    "thread": "留言",
    "thread_none": "暂无留言。",
    "thread_who": "留言方",
    "thread_text": "留言内容",
    "thread_by": "要求答复时间（{zone}，可不填）",
    "thread_send": "发送",
    "thread_wanted": "要求答复时间",
    "thread_answered": "已答复",
    "thread_waiting": "尚未答复",
    "thread_missed": "逾期未答复",
    "side.exporter": "出口商",
    "side.platform": "平台",
    "side.service": "客服",
    "task.answer_missed": "留言逾期未答复",
    "event.message.posted": "新留言",
    "event.message.unanswered": "留言逾期未答复",
    "told.message.posted": "新留言",
    "verb.messages": "接收留言",
}
