"""What a task is about, as a code with what is given, told in the reader's language when it is shown. Pure.

What is given is kept as it is: numbers, names of carriers, their own words. Whoever shows it may have words for a value by
its name (`clock`, `refusal`), and a way to write an instant.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

LANGUAGES = ("en", "zh")
INSTANTS = frozenset({"due_at", "answer_by"})
"""Given by RFC 3339."""

FORMS: Mapping[str, tuple[str, str]] = {
    "limit_over": (
        "{clock} limit was over at {due_at}; policy: {expiry}",
        "{clock}期限已于 {due_at} 届满；约定的处理：{expiry}",
    ),
    "answer_wanted": ("{side} wanted an answer by {answer_by}", "{side}要求在 {answer_by} 前答复"),
    "papers_handed_in": ("{count} papers were handed in", "已提交 {count} 份单据"),
    "application_not_taken": ("the platform does not take it: {refusal}", "平台未受理：{refusal}"),
    "platform_rejects_us": ("the platform rejects the credentials", "平台拒绝所用的凭证"),
    "carrier_rejects_us": ("the carrier rejects the credentials", "承运商拒绝所用的凭证"),
    "rejects_us": ("{carrier}: the carrier rejects the credentials", "{carrier}：承运商拒绝所用的凭证"),
    "not_told": ("{told}: {words}", "{told}，平台未受理：{words}"),
    "not_subscribed": (
        "{platform} does not tell us of {topics}; subscribing failed, {words}",
        "{platform} 未向我们推送 {topics}；订阅失败：{words}",
    ),
    "unreadable": ("{words}", "无法处理该消息：{words}"),
    "restored": (
        "restored from a backup: look at what the carriers did since, then resume",
        "已从备份恢复：请先核对承运商此后的处理，再恢复运行",
    ),
    "return_not_taken": (
        "{platform} lists {rma}; a bug of ours, see the log",
        "{platform} 列出了 {rma}；系统出错，请查看日志",
    ),
    "amended": ("amended by the platform after booking", "下单后平台变更了退货"),
    "needs_address": (
        "the platform does not tell where the goods are; give the returner's address",
        "平台未提供货物所在地址；请补充退货人地址",
    ),
    "no_channel": ("no designated channel takes returns from {country}", "没有指定渠道承接来自 {country} 的退货"),
    "no_values": (
        "customs needs the value of every item, in one currency",
        "报关需要每件商品的价值，且币种一致",
    ),
    "relief_open": (
        "a customs case is open: a person confirms a relief first",
        "海关事项待定：请先人工确认适用的优惠",
    ),
    "refused": ("{refusal}: {words}", "{refusal}：{words}"),
    "filing_refused": (
        "{carrier} does not take the {filed}: {refusal}: {words}",
        "{carrier} 未受理{filed}：{refusal}：{words}",
    ),
    "not_renewed": ("the carrier does not renew it: {refusal}: {words}", "承运商不予续期：{refusal}：{words}"),
    "label_missing": ("no label for {waybill}: {words}", "运单 {waybill} 没有面单：{words}"),
    "scanned_already": ("not voided: it was scanned already", "未作废：已有扫描记录"),
    "takes_no_void": ("not voided: the carrier takes no cancellation", "未作废：承运商不受理取消"),
    "not_voided": ("the carrier does not void it: {refusal}", "承运商未予作废：{refusal}"),
    "pickup_stands": ("the carrier does not cancel the pickup", "承运商未取消该次取件"),
    "pickup_not_cancelled": ("the carrier does not cancel it: {refusal}", "承运商未取消该次取件：{refusal}"),
    "moving_though_void": (
        "waybill {waybill} was void, lapsed or let go, and is moving all the same",
        "运单 {waybill} 已作废、过期或放弃，但货件仍在运输",
    ),
    "no_look_up": (
        "{act} {reference} at {carrier}: this carrier has no look-up for it. Say whether it exists there.",
        "{carrier} 的{act} {reference}：该承运商无法查询，请人工确认是否存在。",
    ),
    "not_answered": (
        "{act} {reference} at {carrier}: a day of look-ups has not answered it. Say whether it exists there.",
        "{carrier} 的{act} {reference}：查询一天仍无结果，请人工确认是否存在。",
    ),
    "reference_taken": (
        "{act} {reference} at {carrier}: the carrier says that the reference is in use, and shows nothing under it. "
        "Say whether it exists there.",
        "{carrier} 的{act} {reference}：承运商称该参考号已被使用，但查询不到，请人工确认是否存在。",
    ),
    "scanned_meanwhile": (
        "{act} {reference} at {carrier}: the parcel was scanned before anybody knew. Say whether the booking was voided.",
        "{carrier} 的{act} {reference}：结果未明时货件已有扫描记录，请人工确认该单是否已作废。",
    ),
    "second_live": (
        "{carrier} holds a second live one under {reference}: {waybill}",
        "{carrier} 在 {reference} 下另有一单有效：{waybill}",
    ),
    "late_find": (
        "{carrier} shows {waybill} late, under a reference that was absent, and we cannot void it: void it by hand",
        "{carrier} 后来才显示 {waybill}，此前查询为不存在，系统无法作废：请人工作废",
    ),
    "strange_booking": (
        "{carrier} lists {waybill} ({reference}) as live; no booking of ours has it",
        "{carrier} 显示 {waybill}（{reference}）有效；我方没有对应的下单",
    ),
    "live_though_over": (
        "{carrier} lists {waybill} ({reference}) as live; our booking of it is over",
        "{carrier} 显示 {waybill}（{reference}）仍有效；我方对应的下单已结束",
    ),
    "invoice_held": ("{invoice}: {words}", "{invoice}：{words}"),
    "invoice_twice": (
        "{invoice}: another file was imported under this number: a person compares them",
        "{invoice}：该账单号下已导入过另一份文件，请人工比对",
    ),
    "invoice_differs": ("invoice {invoice}: {findings}", "账单 {invoice}：{findings}"),
    "drift": (
        "{carrier}, {month}: overs within tolerance come to {amount}, the month's limit is {limit}",
        "{carrier}，{month}：容差内多收合计 {amount}，当月限额为 {limit}",
    ),
    "window_soon": (
        "{carrier}: {finding} is not filed yet; the window ends {file_by}",
        "{carrier}：{finding}尚未提交争议；截止日期 {file_by}",
    ),
    "window_over": (
        "{carrier}: {finding} was not filed in time; the window ends {file_by}",
        "{carrier}：{finding}未在期限内提交争议；截止日期 {file_by}",
    ),
    "withdrawn_late": (
        "{carrier} has the dispute as {number}, and it was withdrawn meanwhile: tell the carrier",
        "{carrier} 已受理争议（{number}），但期间已撤回：请告知承运商",
    ),
    "claim_to_file": ("a claim is to be filed: {about}, {goods}", "有待提交的索赔：{about}，{goods}"),
    "claim_found": (
        "claimed as lost, and now {state}: tell {carrier}, who may want the claim back",
        "已按丢失索赔，现为{state}：请告知 {carrier}，其可能要求撤回索赔",
    ),
    "covered_late": (
        "{carrier} has bound {number}, and the goods were handed over before: ask whether it holds",
        "{carrier} 已承保（{number}），但货物此前已交运：请询问保单是否有效",
    ),
    "cover_stands": (
        "{carrier} does not cancel the policy {number}: {refusal}",
        "{carrier} 未取消保单 {number}：{refusal}",
    ),
    "parked": ("{job} {row}: {words}", "{job} {row}：{words}"),
}
Shown = Callable[[str, str], str]
"""How a value that is given under this name is written."""


def _plainly(name: str, value: str) -> str:
    return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d %H:%M} UTC" if name in INSTANTS else value


@dataclass(frozen=True, slots=True)
class Detail:
    """A code of `FORMS`, and what stands in its places. As text it is English."""

    code: str
    given: Mapping[str, str]

    @classmethod
    def of(cls, code: str, **given: object) -> Self:
        """Instants are given as they are kept, anything else as its text."""
        return cls(code, {n: v.isoformat() if isinstance(v, datetime) else str(v) for n, v in given.items()})

    def __str__(self) -> str:
        return self.in_language("en", _plainly)

    def in_language(self, language: str, shown: Shown) -> str:
        form = FORMS[self.code][LANGUAGES.index(language)]
        return form.format(**{name: shown(name, value) for name, value in self.given.items()})


def counted(counts: Mapping[str, int]) -> str:
    """`rate_over 2, unmatched 1`: what is given as `findings`."""
    return ", ".join(f"{kind} {count}" for kind, count in counts.items())


def sentence(english: str) -> Detail | None:
    """One of ours that nothing is given to, by its English words: what an account's pause keeps."""
    code = next((code for code, (said, _) in FORMS.items() if said == english), None)
    return Detail(code, {}) if code and "{" not in english else None


def said_of(code: str | None, given: Mapping[str, str] | None) -> Detail | None:
    """What a task kept, where it kept one that is known here."""
    return Detail(code, given or {}) if code is not None and code in FORMS else None
