package conversion

import (
	"slices"

	"showrunner/live"
)

// Spender is a buyer with what RFM goes by.
type Spender struct {
	Person    live.PersonID
	Recency   int   // whole days since the last valid order; small is good, unlike the recency of lifetime
	Frequency int   // valid orders
	Monetary  int64 // what those orders are worth net of refunds, minor units
}

// Score is a buyer's place among all, 1 (worst) to 5 (best), three times.
type Score struct{ R, F, M int }

// Quintiles is how many scores there are.
const Quintiles = 5

// Quintile is the score of a buyer of n of whom worse are strictly worse: equal
// buyers have equal scores, whatever that does to the sizes of the classes.
// There is no standard for ties; this one is a function of the buyer's own rank
// and of nothing else.
func Quintile(worse, n int) int {
	if n == 0 {
		return 0
	}
	return 1 + worse*Quintiles/n
}

// Scores are those of the buyers, in their order.
func Scores(buyers []Spender) []Score {
	out := make([]Score, len(buyers))
	rank := func(of func(*Spender) int64, set func(*Score, int)) {
		sorted := make([]int64, len(buyers))
		for i := range buyers {
			sorted[i] = of(&buyers[i])
		}
		slices.Sort(sorted)
		for i := range buyers {
			worse, _ := slices.BinarySearch(sorted, of(&buyers[i]))
			set(&out[i], Quintile(worse, len(buyers)))
		}
	}
	rank(func(b *Spender) int64 { return -int64(b.Recency) }, func(s *Score, q int) { s.R = q })
	rank(func(b *Spender) int64 { return int64(b.Frequency) }, func(s *Score, q int) { s.F = q })
	rank(func(b *Spender) int64 { return b.Monetary }, func(s *Score, q int) { s.M = q })
	return out
}

// Segment is a named part of the grid of recency and frequency.
type Segment string

// The ten segments. Money does not place a buyer: it stands beside.
const (
	SegmentChampions     Segment = "champions"           // 重要价值客户: bought just now, buy most
	SegmentLoyal         Segment = "loyal"               // 忠诚客户
	SegmentPotential     Segment = "potential_loyalists" // 潜力客户
	SegmentNew           Segment = "new"                 // 新客户
	SegmentPromising     Segment = "promising"           // 有望客户
	SegmentNeedAttention Segment = "need_attention"      // 需关注客户
	SegmentAboutToSleep  Segment = "about_to_sleep"      // 将沉睡客户
	SegmentAtRisk        Segment = "at_risk"             // 流失风险客户
	SegmentCannotLose    Segment = "cannot_lose"         // 不可流失客户: bought most, and stopped
	SegmentHibernating   Segment = "hibernating"         // 沉睡客户
)

// Segments lists them from best to worst.
var Segments = []Segment{
	SegmentChampions, SegmentLoyal, SegmentPotential, SegmentNew, SegmentPromising,
	SegmentNeedAttention, SegmentAboutToSleep, SegmentCannotLose, SegmentAtRisk, SegmentHibernating,
}

// SegmentGrid is the segment by score of recency (row, 1 first) and frequency
// (column, 1 first). The grid is the one in common use with RFM on a scale of
// five; its names differ from author to author.
var SegmentGrid = [Quintiles][Quintiles]Segment{
	{SegmentHibernating, SegmentHibernating, SegmentAtRisk, SegmentAtRisk, SegmentCannotLose},
	{SegmentHibernating, SegmentHibernating, SegmentAtRisk, SegmentAtRisk, SegmentCannotLose},
	{SegmentAboutToSleep, SegmentAboutToSleep, SegmentNeedAttention, SegmentLoyal, SegmentLoyal},
	{SegmentPromising, SegmentPotential, SegmentPotential, SegmentLoyal, SegmentLoyal},
	{SegmentNew, SegmentPotential, SegmentPotential, SegmentChampions, SegmentChampions},
}

// Segment is the named segment of a score.
func (s Score) Segment() Segment { return SegmentGrid[s.R-1][s.F-1] }

// SegmentSum is what the buyers of a segment are together.
type SegmentSum struct {
	Segment        Segment
	Buyers, Orders int64
	Monetary       int64 // minor units, net
	Recency        int64 // sum of the days; over Buyers it is their mean
	// The bounds of the days and of the orders of one buyer.
	RMin, RMax, FMin, FMax int64
}

// Scored is a buyer with their scores.
type Scored struct {
	Spender
	Score
}

// SumSegments adds scored buyers up by segment, best first; segments without
// anybody are there too.
func SumSegments(buyers []Scored) []SegmentSum {
	out := make([]SegmentSum, len(Segments))
	for i, s := range Segments {
		out[i].Segment = s
	}
	for i := range buyers {
		b := &buyers[i]
		out[slices.Index(Segments, b.Segment())].Add(SegmentSum{
			Buyers: 1, Orders: int64(b.Frequency), Monetary: b.Monetary, Recency: int64(b.Spender.Recency),
			RMin: int64(b.Spender.Recency), RMax: int64(b.Spender.Recency), FMin: int64(b.Frequency), FMax: int64(b.Frequency),
		})
	}
	return out
}

// Add takes other buyers of the segment in.
func (s *SegmentSum) Add(o SegmentSum) {
	if o.Buyers == 0 {
		return
	}
	if s.Buyers == 0 {
		s.RMin, s.FMin = o.RMin, o.FMin
	}
	s.Buyers += o.Buyers
	s.Orders += o.Orders
	s.Monetary += o.Monetary
	s.Recency += o.Recency
	s.RMin, s.RMax = min(s.RMin, o.RMin), max(s.RMax, o.RMax)
	s.FMin, s.FMax = min(s.FMin, o.FMin), max(s.FMax, o.FMax)
}
