package analytics

import (
	"math/big"
	"slices"
)

// WorstFindings is how many figures are told as the worst of a show.
const WorstFindings = 3

// Words for what a figure is held against.
const (
	AgainstTarget = "target"
	AgainstMedian = "median"
)

// Finding is a figure that fell short, what could be done, and what of the show
// says so.
type Finding struct {
	Benchmark
	Against    string // AgainstTarget or AgainstMedian
	Reference  Value
	Suggestion Told
	Evidence   Told
}

// Told is a text in both languages.
type Told struct{ ZH, EN string }

// judged is a figure that can fall short. Of those of one topic, which fall short
// for one reason, only the worst is told.
type judged struct {
	key, topic string
	lower      bool // the lower the better
	advise     func(*Figures, *Reading) (suggestion, evidence Told)
}

var judgements = []judged{
	{"enter_rate_pv", "reach", false, adviseEntry},
	{"watch_uv", "reach", false, adviseReach},
	{"avg_watch_time_ms", "watching", false, adviseWatching},
	{"watch_over_1m_rate", "watching", false, adviseWatching},
	{"interact_rate", "interaction", false, adviseTalk},
	{"comment_rate_uv", "interaction", false, adviseTalk},
	{"follow_rate", "follow", false, adviseFollow},
	{"product_ctr_exposure", "click", false, adviseClick},
	{"product_ctr_watch", "click", false, adviseClick},
	{"ctor", "order", false, adviseOrder},
	{"create_per_click", "order", false, adviseOrder},
	{"pay_per_create", "pay", false, advisePay},
	{"unpaid_rate", "pay", true, advisePay},
	{"cancel_rate_timeout", "pay", true, advisePay},
	{"view_to_pay", "value", false, adviseValue},
	{"gpm_watch_minor", "value", false, adviseValue},
	{"uv_value_minor", "value", false, adviseValue},
	{"aov_minor", "basket", false, adviseBasket},
	{"refund_rate_amount", "refund", true, adviseRefund},
	{"cancel_rate_oversold", "stock", true, adviseStock},
}

// Worst are the figures that fell shortest of the target that the merchant
// declared, or else of the median of the own shows, by the share of it that is
// missing: at most [WorstFindings], none that did not fall short.
func Worst(f *Figures, r *Reading, list []Benchmark) []Finding {
	type short struct {
		Finding
		judged *judged
		by     *big.Rat
	}
	var all []short
	for i := range judgements {
		j := &judgements[i]
		at := slices.IndexFunc(list, func(b Benchmark) bool { return b.Metric.Key == j.key })
		if at < 0 {
			continue
		}
		x := short{Finding: Finding{Benchmark: list[at], Against: AgainstMedian, Reference: list[at].Median}, judged: j}
		if t := x.Target; t != nil {
			x.Against, x.Reference = AgainstTarget, Value{x.Metric, t.Num, t.Den}
		}
		want, got := x.Reference.rat(), x.Value.rat()
		if x.by = new(big.Rat).Sub(want, got); j.lower {
			x.by.Neg(x.by)
		}
		if x.by.Sign() <= 0 {
			continue
		}
		if want.Sign() > 0 { // Over nothing at all there is no share: what it is counts as it stands.
			x.by.Quo(x.by, want)
		}
		all = append(all, x)
	}
	slices.SortStableFunc(all, func(a, b short) int { return b.by.Cmp(a.by) })
	var out []Finding
	told := map[string]bool{}
	for i := range all {
		if x := &all[i]; !told[x.judged.topic] && len(out) < WorstFindings {
			told[x.judged.topic] = true
			x.Suggestion, x.Evidence = x.judged.advise(f, r)
			out = append(out, x.Finding)
		}
	}
	return out
}

// WorstTable shows the worst figures, the worst first.
func WorstTable(list []Finding) Table {
	t := Table{Columns: []Column{
		{Key: "rank", ZH: "名次", EN: "rank", Unit: UnitCount},
		{Key: "key", ZH: "指标", EN: "key", Unit: UnitText},
		{Key: "name_zh", ZH: "名称", EN: "name (zh)", Unit: UnitText},
		{Key: "name_en", ZH: "英文名", EN: "name (en)", Unit: UnitText},
		{Key: "numerator", ZH: "分子", EN: "value or numerator", Unit: UnitCount},
		{Key: "denominator", ZH: "分母", EN: "denominator", Unit: UnitCount},
		{Key: "against", ZH: "对比", EN: "held against", Unit: UnitText, Formula: "target: what the merchant declared; median: of the own shows"},
		{Key: "reference_numerator", ZH: "对比值(分子)", EN: "reference, value or numerator", Unit: UnitCount},
		{Key: "reference_denominator", ZH: "对比值(分母)", EN: "reference, denominator", Unit: UnitCount},
		{Key: "suggestion_zh", ZH: "建议", EN: "suggestion (zh)", Unit: UnitText},
		{Key: "suggestion_en", ZH: "英文建议", EN: "suggestion (en)", Unit: UnitText},
		{Key: "evidence_zh", ZH: "依据", EN: "evidence (zh)", Unit: UnitText},
		{Key: "evidence_en", ZH: "英文依据", EN: "evidence (en)", Unit: UnitText},
	}}
	for i := range list {
		x := &list[i]
		m := x.Metric
		t.Rows = append(t.Rows, []Cell{
			numCell(int64(i + 1)), textCell(m.Key), textCell(m.ZH), textCell(m.EN), numCell(x.Num), numCell(x.Den),
			textCell(x.Against), numCell(x.Reference.Num), numCell(x.Reference.Den),
			textCell(x.Suggestion.ZH), textCell(x.Suggestion.EN), textCell(x.Evidence.ZH), textCell(x.Evidence.EN),
		})
	}
	return t
}
