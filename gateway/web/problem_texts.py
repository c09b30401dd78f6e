"""What each problem says, in both languages: slugs with their status, and the codes of single fields. Stable; both are
listed in the OpenAPI file."""

from collections.abc import Mapping

STATUS: Mapping[str, int] = {
    "malformed-body": 400,
    "invalid-parameter": 400,
    "idempotency-key-required": 400,
    "signature-invalid": 401,
    "unauthenticated": 401,
    "forbidden": 403,
    "csrf": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "request-timeout": 408,
    "invalid-state": 409,
    "request-in-progress": 409,
    "body-too-large": 413,
    "unsupported-media-type": 415,
    "validation": 422,
    "idempotency-key-reused": 422,
    "carrier-rejected": 422,
    "rate-limited": 429,
    "internal": 500,
    "unavailable": 503,
}

Text = tuple[str, str]
"""English and Chinese."""

TITLES: Mapping[str, Text] = {
    "malformed-body": ("The body cannot be read", "请求体无法解析"),
    "invalid-parameter": ("A parameter is not valid", "参数无效"),
    "idempotency-key-required": ("A valid Idempotency-Key is required", "需要有效的 Idempotency-Key"),
    "signature-invalid": ("The signature is not valid", "签名无效"),
    "unauthenticated": ("No valid API key", "缺少有效的 API 密钥"),
    "forbidden": ("The API key may not do this", "该 API 密钥无此权限"),
    "csrf": ("The form has expired", "表单已失效"),
    "not-found": ("There is no such thing", "未找到"),
    "method-not-allowed": ("This address does not take this method", "该地址不支持此方法"),
    "request-timeout": ("The request came too slowly", "请求传输过慢"),
    "invalid-state": ("Not possible in the present state", "当前状态不允许此操作"),
    "request-in-progress": ("The first request is still under way", "首个请求仍在处理"),
    "body-too-large": ("The body is too large", "请求体过大"),
    "unsupported-media-type": ("This kind of content is not taken here", "不支持的内容类型"),
    "validation": ("Some fields are not valid", "部分字段无效"),
    "idempotency-key-reused": ("The key was used for another request", "该键已用于另一请求"),
    "carrier-rejected": ("It cannot be asked of this carrier", "该承运商无法受理"),
    "rate-limited": ("Too many requests", "请求过于频繁"),
    "internal": ("A mistake of ours", "系统内部错误"),
    "unavailable": ("Not available at the moment", "服务暂不可用"),
}

DETAILS: Mapping[str, Text] = {
    "malformed-body": (
        "The body must be one JSON value in UTF-8, without a byte-order mark, repeated keys, NaN or deep nesting.",
        "请求体必须是一个 UTF-8 编码的 JSON 值，不含字节序标记、重复键、NaN 或过深嵌套。",
    ),
    "invalid-parameter": ("See `errors` for the parameters and why.", "具体参数及原因见 errors。"),
    "idempotency-key-required": (
        "Send an Idempotency-Key of 1 to 255 printable ASCII characters without spaces, a new one for each thing you want.",
        "请提供 Idempotency-Key：1 至 255 个可打印 ASCII 字符，不含空格；每个新操作使用新键。",
    ),
    "signature-invalid": (
        "The message was not accepted, and nothing of it was kept.",
        "消息未被接受，且未保存任何内容。",
    ),
    "unauthenticated": (
        "Send `Authorization: Bearer hw_…` with a key that is valid.",
        "请使用有效密钥发送 `Authorization: Bearer hw_…`。",
    ),
    "forbidden": ("The key lacks the scope that this needs.", "密钥缺少所需的权限范围。"),
    "csrf": ("Load the page again and send the form once more.", "请重新载入页面后再次提交。"),
    "not-found": ("There is nothing here for you under this address.", "该地址下没有您可访问的内容。"),
    "method-not-allowed": ("See the Allow header.", "请参见 Allow 标头。"),
    "request-timeout": ("Send the whole request without pauses.", "请连续发送完整请求。"),
    "invalid-state": ("Look at it again: it has moved on.", "请重新查询：其状态已变化。"),
    "request-in-progress": ("Ask again with the same key.", "请稍后使用同一键重试。"),
    "body-too-large": ("The limit is in the documentation.", "大小上限见接口文档。"),
    "unsupported-media-type": (
        "Send application/json in UTF-8, plain or gzip, or a file of a type that is named in the documentation.",
        "请发送 UTF-8 的 application/json（可 gzip 压缩），或文档所列类型的文件。",
    ),
    "validation": ("Nothing was changed. `errors` names every field.", "未作任何更改。errors 列出所有有误字段。"),
    "idempotency-key-reused": ("Use a new key for a new request.", "新请求请使用新键。"),
    "carrier-rejected": ("Nothing was created. `errors` says why.", "未创建任何内容，原因见 errors。"),
    "rate-limited": ("Wait as long as Retry-After says.", "请按 Retry-After 等待。"),
    "internal": (
        "It is in our log under the request id. What you asked for may or may not have happened: look before you repeat.",
        "已按请求编号记入日志。操作可能已生效也可能未生效，重试前请先查询。",
    ),
    "unavailable": ("Nothing was changed. Try again after Retry-After.", "未作任何更改，请按 Retry-After 后重试。"),
}

FIELDS: Mapping[str, Text] = {
    "required": ("This field is required.", "此字段为必填。"),
    "unknown_field": ("There is no such field.", "没有此字段。"),
    "type": ("This is a value of the wrong type.", "值的类型错误。"),
    "format": ("This does not have the required form.", "格式不符合要求。"),
    "too_long": ("This is too long.", "过长。"),
    "too_short": ("This is too short.", "过短。"),
    "range": ("This is outside what is allowed.", "超出允许范围。"),
    "choice": ("This is not one of the possible values.", "不是可选值之一。"),
    "file_line": ("The file cannot be read there.", "文件此处无法读取。"),
    "duplicate": ("This is there twice.", "存在重复。"),
    "characters": (
        "Control characters, line breaks and direction overrides are not allowed.",
        "不允许控制字符、换行或方向控制符。",
    ),
    "country": ("An ISO 3166-1 alpha-2 country code is needed.", "需要 ISO 3166-1 两字母国家代码。"),
    "currency": ("An ISO 4217 currency code is needed.", "需要 ISO 4217 货币代码。"),
    "money": ('Money is a decimal string such as "19.90".', '金额须为十进制字符串，例如 "19.90"。'),
    "decimals": ("The currency does not have so many decimals.", "小数位数超出该货币允许范围。"),
    "instant": (
        "An instant has the form 2026-03-01T09:30:00Z, with its zone, in the years 2000 to 2099.",
        "时间须为 2026-03-01T09:30:00Z 形式，带时区，年份 2000 至 2099。",
    ),
    "postal_code": ("This is not a postal code of the country.", "不是该国的邮政编码。"),
    "window": ("The window closes before it opens.", "时间窗口的结束早于开始。"),
    "url": ("This address cannot be called.", "无法调用此地址。"),
    "zone": ("This is not the name of a time zone.", "不是有效的时区名称。"),
    "cursor": ("This cursor is not one of ours for this list.", "游标无效或不属于此列表。"),
    "unknown_parameter": ("There is no such parameter.", "没有此参数。"),
    "needs_address": ("Where the goods are must be known first.", "须先提供退货人地址。"),
    "no_channel": ("No designated channel takes returns from there.", "没有可承接该地退货的指定渠道。"),
    "customs_data_missing": ("Customs must be told something that nobody has said.", "缺少报关必需的资料。"),
    "customs_unconfirmed": ("A person confirms a customs relief first.", "须先由人工确认海关优惠。"),
    "carrier_data_missing": (
        "The carrier books nothing without a field that is empty. Nothing was sent.",
        "承运商要求的字段为空，无法下单；未向承运商发送任何请求。",
    ),
    "repeated": ("This parameter may be given once.", "此参数只能提供一次。"),
}
