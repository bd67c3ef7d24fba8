import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "Complaints", short: "Complaints", range: "Orders paid", last_7: "Last 7 days", last_30: "Last 30 days", last_90: "Last 90 days", ever: "All there is", rate: "Rates", interval: "95% CI: {low}–{high}", causes: "Causes", keywords: "What stands out", all_causes: "All causes",
    keywords_of: "{n} tellings beside {m} others", no_words: "No word stands out.", findings: "Findings", none: "No finding has been written down.", new: "Write one down", state: "State", all: "All", overdue: "overdue", of: "{n} / {of}", evidence: "{n} complaints say so",
    owner: "Owner {who} · {department}", due: "due {at}", no_owner: "Nobody owns it yet.", action: "What is done: {text}", found_on: "Written down {at}", decided: "decided {at}", route: "Give to an owner", adopt: "Adopt", reject: "Reject", verify: "Measure", again: "Measure again", before: "Before", after: "After", drop: "Change",
    difference: "{low} to {high}", fell: "It fell.", rose: "It rose.", no_change_shown: "No change is shown.", sample_too_small: "Too few orders to say.", waiting: "{n} orders are not old enough", measured: "Measured {at}, over {w} days with {h} days to complain", show_all: "Show all {n}{more}", fewer: "Show fewer", adoption: "How departments take findings up", no_adoption: "No finding was routed yet.",
    suggested: "Complaints to be confirmed", suggested_lead: "A machine takes these for complaints. None counts before somebody says so.", none_suggested: "Nothing waits to be confirmed.", confirm: "It is one", dismiss: "It is none", confirmed: "It counts from now on.", dismissed: "It is dismissed.", by_machine: "{cause}, sure to {rate}",
    f_title: "What was found", f_cause: "Cause", f_product: "Product", f_terms: "Words, with commas between", f_action: "What is to be said or done", f_stage: "Stage", f_department: "Department", f_owner: "Owner", f_due: "Due", f_reason: "Why not", save: "Save", saved: "It is written down.", routed: "{who} has it.", adopted: "Adopted: its cause is measured from now on.", rejected: "Rejected.",
    brief: "Brief of the next show", brief_show: "Show", no_show: "No show is planned.", draft: "Draft it", redraft: "Draft it anew", publish: "Publish", published: "The panels of the room have it.", drafted: "The draft is made.", version: "Version {v}, published {at} by {who}", not_published: "Not published yet.", changed: "The draft is not what was published.", read_by: "Read by {who}", nobody_read: "Nobody has read it.",
    read: "read by the host", unread: "not read by the host", empty_brief: "Nothing stands in it.", avoid_claim: "Do not say", policy: "Rule", question: "Asked often", warning: "Complained of", behind: "{n} complaints", asked: "asked {n} times", answer: "say: {text}", remove: "Take out", add: "Add", kind: "Kind", text: "Text", reply: "What to say instead", measured_short: "Measured.",
    resolution: "Each complaint once", who: "Who", history: "Steps", step_by: "{by} · {at}",
  },
  zh: {
    title: "投诉与反馈", short: "投诉", range: "支付时间", last_7: "近 7 天", last_30: "近 30 天", last_90: "近 90 天", ever: "全部", rate: "投诉率", interval: "95% 区间 {low}–{high}", causes: "原因", keywords: "突出的词", all_causes: "全部原因",
    keywords_of: "{n} 条投诉，对照 {m} 条", no_words: "没有突出的词。", findings: "反馈", none: "还没有写下反馈。", new: "写下反馈", state: "状态", all: "全部", overdue: "逾期", of: "{n} / {of}", evidence: "{n} 条投诉为证",
    owner: "负责人 {who} · {department}", due: "期限 {at}", no_owner: "还没有负责人。", action: "改进：{text}", found_on: "写于 {at}", decided: "决定于 {at}", route: "分派", adopt: "采纳", reject: "否决", verify: "衡量效果", again: "重新衡量", before: "之前", after: "之后", drop: "变化",
    difference: "{low} 至 {high}", fell: "已下降。", rose: "上升了。", no_change_shown: "看不出变化。", sample_too_small: "订单太少，无法判断。", waiting: "{n} 单观察期未满", measured: "衡量于 {at}，前后各 {w} 天，投诉期 {h} 天", show_all: "显示全部 {n}{more} 条", fewer: "收起", adoption: "各部门落地情况", no_adoption: "还没有分派过反馈。",
    suggested: "待确认的投诉", suggested_lead: "由机器识别，确认之前不计入任何比率。", none_suggested: "没有待确认的投诉。", confirm: "是投诉", dismiss: "不是投诉", confirmed: "已计入。", dismissed: "已驳回。", by_machine: "{cause}，置信度 {rate}",
    f_title: "发现了什么", f_cause: "原因", f_product: "商品", f_terms: "关键词（逗号分隔）", f_action: "应该怎么说、怎么做", f_stage: "环节", f_department: "部门", f_owner: "负责人", f_due: "期限", f_reason: "否决理由", save: "保存", saved: "已写下。", routed: "已分派给 {who}。", adopted: "已采纳，从现在起衡量。", rejected: "已否决。",
    brief: "下一场的简报", brief_show: "场次", no_show: "没有计划中的场次。", draft: "生成草稿", redraft: "重新生成", publish: "发布", published: "已送达直播间面板。", drafted: "草稿已生成。", version: "第 {v} 版，{who} 发布于 {at}", not_published: "尚未发布。", changed: "草稿与已发布的不同。", read_by: "{who} 已读", nobody_read: "还没有人读过。",
    read: "主播已读", unread: "主播未读", empty_brief: "简报里还没有内容。", avoid_claim: "不要说", policy: "规则", question: "常被问到", warning: "曾被投诉", behind: "{n} 条投诉", asked: "被问 {n} 次", answer: "应该说：{text}", remove: "移除", add: "添加", kind: "类型", text: "内容", reply: "应该怎么说", measured_short: "已衡量。",
    resolution: "处理结果", who: "谁", history: "经过", step_by: "{by} · {at}",
  },
});
