package analytics

import "strconv"

// Complained is what the orders of a show were complained of, what stands out in
// it, and what the brief of the room's next show says.
type Complained struct {
	Paid       int64 // orders
	Complaints int64
	Causes     []CauseCount  // all causes, most complaints first
	Keywords   []KeywordTold // what stands out most first
	Brief      []BriefLine   // as published last; empty: none was
}

// CauseCount is how many complaints have a cause.
type CauseCount struct {
	Cause, ZH, EN string
	Complaints    int64
}

// KeywordTold is a term that stands out in the complaints.
type KeywordTold struct {
	Term            string
	Count, Tellings int64
	Score           float64
}

// BriefLine is one item of a brief.
type BriefLine struct {
	Show, Kind, Text, Answer string
	Product, Title           string // what it is of, and what that was called then; empty: of all
	Complaints, Asked        int64
}

// ComplaintTable shows complaints by cause; the first row is all of them.
func ComplaintTable(c *Complained) Table {
	t := Table{Columns: []Column{
		{Key: "cause", ZH: "原因", EN: "cause", Unit: UnitText, Formula: "empty: all"},
		{Key: "name_zh", ZH: "名称", EN: "name", Unit: UnitText},
		{Key: "name_en", ZH: "名称", EN: "name", Unit: UnitText},
		defined("cause_share"), defined("cause_rate"),
	}}
	if c.Paid == 0 && c.Complaints == 0 {
		return t
	}
	for _, x := range append([]CauseCount{{"", "全部", "all", c.Complaints}}, c.Causes...) {
		t.Rows = append(t.Rows, []Cell{textCell(x.Cause), textCell(x.ZH), textCell(x.EN), rateCell(x.Complaints, c.Complaints), rateCell(x.Complaints, c.Paid)})
	}
	return t
}

// KeywordTable shows what stands out in the complaints.
func KeywordTable(c *Complained) Table {
	score := defined("keyword_score")
	score.Unit = UnitText // Two places are enough for people, and cells hold whole numbers.
	t := Table{Columns: []Column{{Key: "term", ZH: "关键词", EN: "keyword", Unit: UnitText}, defined("keyword_count"), defined("keyword_tellings"), score}}
	for _, k := range c.Keywords {
		t.Rows = append(t.Rows, []Cell{textCell(k.Term), numCell(k.Count), numCell(k.Tellings), textCell(strconv.FormatFloat(k.Score, 'f', 2, 64))})
	}
	return t
}

// briefNames are what the kinds of a brief's items are called.
var briefNames = map[string][2]string{
	"avoid_claim": {"不要这样说", "do not say"}, "policy": {"政策口径", "policy"}, "question": {"常见问题", "question"}, "warning": {"注意", "warning"},
}

// BriefTable shows the brief of the next show.
func BriefTable(c *Complained) Table {
	t := Table{Columns: []Column{
		{Key: "show_id", ZH: "下一场", EN: "next show", Unit: UnitText},
		{Key: "kind", ZH: "类型", EN: "kind", Unit: UnitText},
		{Key: "name_zh", ZH: "类型", EN: "kind", Unit: UnitText},
		{Key: "name_en", ZH: "类型", EN: "kind", Unit: UnitText},
		{Key: "product_id", ZH: "商品编号", EN: "product id", Unit: UnitText},
		{Key: "title", ZH: "商品", EN: "product", Unit: UnitText},
		{Key: "text", ZH: "内容", EN: "text", Unit: UnitText},
		{Key: "answer", ZH: "应对", EN: "what to say or do instead", Unit: UnitText},
		defined("brief_complaints"), defined("brief_asked"),
	}}
	for _, x := range c.Brief {
		name := briefNames[x.Kind]
		t.Rows = append(t.Rows, []Cell{
			textCell(x.Show), textCell(x.Kind), textCell(name[0]), textCell(name[1]), textCell(x.Product), textCell(x.Title), textCell(x.Text), textCell(x.Answer), numCell(x.Complaints), numCell(x.Asked),
		})
	}
	return t
}
