package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"

	"showrunner/analytics"
	"showrunner/live"
)

//go:embed page.html
var pageText string

// page is what the template shows.
type page struct {
	p     *printer
	R     *analytics.Report
	Lang  string
	Title string
	Facts []fact
	Cards []cell
	GMV   *chart
	Crowd *chart

	Basis       string
	Compared    bool // something is held against a target or own shows
	Benchmarks  []benchmarkRow
	Worst       []worstRow
	Funnel      []funnelBar
	Groups      []metricGroup
	Currencies  table
	Days        table
	Products    table
	Sources     table
	Hosts       table
	Ladder      table
	Commissions []ofCurrency
	Fed         table
	Service     []ofCurrency
	Alerts      table
	Served      table
	Felt        table
	Complaints  table
	Keywords    table
	Brief       table
	Credits     []credit
	Late        []lateBlock
	LateHead    []cell
	FinalAt     string
	AfterFinal  []correctionRow
	Commands    []commandRow
	WindowHours int64
}

type fact struct{ Name, Text string }

// cell is one number with its definition.
type cell struct {
	ZH, EN string
	Text   string
	Sub    string // for cards: the parts of a rate, or the currency
	Only   string // for cards: that other currencies are not in it, of a rate
	Beside string // for cards: the median of own shows
	Tip    string
	Num    bool // aligned as a number
}

type metricGroup struct {
	ZH, EN string
	Cells  []cell
}

// lateBlock is what was sold after the show in one currency.
type lateBlock struct {
	Currency string
	Rows     []lateRow
}

type lateRow struct {
	Name, Tip string
	Cells     []cell
	State     string // why the row is not what it will be
}

// correctionRow is a figure that facts after the final day would have changed.
type correctionRow struct {
	ZH, EN, Currency, Final, Now, Change, Tip string
}

type commandRow struct {
	Number                   int
	At, Name, Class, Product string
	Text, Who                string
}

// WriteHTML prints the report as one self-contained page in Chinese with the
// English beside it.
func WriteHTML(w io.Writer, r analytics.Report) error { return WriteHTMLIn(w, r, "zh-CN") }

// WriteHTMLIn is [WriteHTML] in a language: "zh-CN", which has the English
// beside it, or "en". Another one is a [live.Error] with code "unknown_language".
func WriteHTMLIn(w io.Writer, r analytics.Report, lang string) error {
	p, err := newPrinter(&r, lang)
	if err != nil {
		return err
	}
	t, err := template.New("report").Funcs(template.FuncMap{"label": p.label, "credits": split}).Parse(pageText)
	if err != nil {
		return fmt.Errorf("parse report page: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, newPage(&r, &p)); err != nil {
		return fmt.Errorf("write report as html: %w", err)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write report as html: %w", err)
	}
	return nil
}

func newPage(r *analytics.Report, p *printer) *page {
	s := &r.Show
	x := &page{p: p, R: r, Lang: p.lang(), Title: s.Title, WindowHours: int64(r.Window.Hours())}
	x.Facts = []fact{
		{p.say(phrase{"状态", "state"}), p.say(stateNames[s.State])},
		{p.say(phrase{"开播", "started"}), p.at(s.StartedAt)},
		{p.say(phrase{"下播", "ended"}), p.at(s.EndedAt)},
		{p.say(phrase{"时长", "on air"}), onAir(r)},
		{p.say(phrase{"币种", "currency"}), string(s.Currency)},
		{p.say(phrase{"数据截至", "as of"}), p.at(r.AsOf)},
		{p.say(phrase{"直播间", "room"}), string(s.Room)},
		{p.say(phrase{"场次", "show"}), string(s.ID)},
	}
	x.cards()
	if slots := slots(r); len(slots.slots) > 0 {
		gmv, crowd := gmvChart(r, &slots, p), crowdChart(r, &slots, p)
		x.GMV, x.Crowd = &gmv, &crowd
	}
	x.benchmarks()
	x.Funnel = funnelBars(r, p)
	x.groups()
	x.currencies()
	if len(r.Days.Rows) > 1 {
		x.Days = p.table(&r.Days)
	}
	x.Products = p.table(&r.Products, "product_exposure_uv", "product_click_uv", "product_id")
	x.Sources = p.channels(&r.Sources)
	x.Hosts = p.table(&r.Hosts, "by_currency")
	x.Ladder = p.table(&r.Ladder, p.otherName(), "from", "to")
	x.Commissions = x.byCurrency(&r.Commission)
	x.fed()
	x.Service = x.byCurrency(&r.Service, "by", p.otherName())
	x.Alerts = p.alerts(&r.Alerts)
	x.served()
	x.Complaints = x.p.table(&r.Complaints, "cause", p.otherName())
	x.Keywords = x.p.table(&r.Keywords)
	x.Brief = x.p.table(&r.Brief, "kind", "product_id", p.otherName())
	x.credits()
	x.late()
	x.finality()
	for i, m := range r.Figures.Commands {
		x.Commands = append(x.Commands, commandRow{i + 1, p.clock(m.At, "15:04:05"), p.command(m.Kind), markClass(m.Kind), string(m.Product), m.Text, who(&m)})
	}
	return x
}

// onAir is how long the show was on, to the second once it is over.
func onAir(r *analytics.Report) string {
	if s := &r.Show; !s.EndedAt.IsZero() && !s.StartedAt.IsZero() {
		return duration(s.EndedAt.Sub(s.StartedAt).Milliseconds())
	}
	return duration(r.Figures.Traffic.MinutesOnAir * 60_000)
}

// cardKeys are the figures people look for first.
var cardKeys = []string{
	"gmv_paid_minor", "gmv_net_minor", "orders_paid", "buyers", "watch_uv", "pcu", "avg_watch_time_ms", "view_to_pay",
}

func (x *page) cards() {
	for _, key := range cardKeys {
		v, ok := x.R.Metrics.Get(key)
		if !ok {
			continue
		}
		c := x.cell(v)
		switch {
		case v.Metric.IsRate():
			c.Sub = count(v.Num) + " / " + count(v.Den)
			if v.Metric.Unit == analytics.UnitMS {
				c.Sub = duration(v.Num) + " / " + count(v.Den)
			}
		case v.Metric.Unit == analytics.UnitMinor:
			c.Sub = string(x.R.Show.Currency)
		}
		if only := x.only(); only != "" && v.Metric.OfCurrency() {
			if v.Metric.IsRate() {
				c.Only = only
			} else {
				c.Sub = only
			}
		}
		if b := x.held(key); b != nil && b.Shows > 0 {
			c.Beside = x.p.say(phrase{"中位数", "median"}) + " " + x.p.value(b.Median) + " · " + x.p.above(b)
		}
		x.Cards = append(x.Cards, c)
	}
}

// only says that a figure is of the show's currency, where there are others.
func (x *page) only() string {
	of := x.R.Show.Currency
	if !slices.ContainsFunc(x.R.ByCurrency, func(c analytics.CurrencyValues) bool { return c.Currency != of }) {
		return ""
	}
	return x.p.say(phrase{"仅 " + string(of) + "，其他币种见下", "of " + string(of) + "; other currencies below"})
}

func (x *page) cell(v analytics.Value) cell {
	return cell{ZH: v.Metric.ZH, EN: v.Metric.EN, Text: x.p.value(v), Tip: define(v), Num: true}
}

// groupStarts are the metrics at which a new group of the dictionary begins.
var groupStarts = map[string]phrase{
	"online_now":          {"流量与观看", "reach and watching"},
	"room_exposure_pv":    {"流量与观看", "reach and watching"},
	"comment_pv":          {"互动", "interaction"},
	"product_exposure_pv": {"商品", "products"},
	"orders":              {"订单与转化", "orders and conversion"},
	"gmv_created_minor":   {"金额", "money"},
	"coupon_drops":        {"优惠与抽奖", "benefits"},
}

func (x *page) groups() {
	for _, v := range x.R.Metrics {
		if g, ok := groupStarts[v.Metric.Key]; ok && (len(x.Groups) == 0 || x.Groups[len(x.Groups)-1].ZH != g.zh) {
			x.Groups = append(x.Groups, metricGroup{ZH: g.zh, EN: g.en})
		}
		last := &x.Groups[len(x.Groups)-1]
		c := x.cell(v)
		if raw, ok := x.R.Raw.Get(v.Metric.Key); ok && raw.Num != v.Num {
			c.Sub = x.p.say(phrase{"含机器人", "with bots"}) + " " + x.p.value(raw)
		}
		last.Cells = append(last.Cells, c)
	}
}

// currencies puts the currencies beside each other, a row for each metric: few
// enough columns for paper.
func (x *page) currencies() {
	for n, row := range x.R.ByCurrency {
		p := *x.p
		p.currency = row.Currency
		if n == 0 {
			x.Currencies.Head = append(x.Currencies.Head, cell{ZH: "指标", EN: "metric"})
			for _, v := range row.Values {
				x.Currencies.Rows = append(x.Currencies.Rows, []cell{{Text: x.p.say(phrase{v.Metric.ZH, v.Metric.EN}), Tip: v.Metric.Formula}})
			}
		}
		x.Currencies.Head = append(x.Currencies.Head, cell{EN: string(row.Currency), Num: true})
		for i, v := range row.Values {
			x.Currencies.Rows[i] = append(x.Currencies.Rows[i], cell{Text: p.value(v), Tip: define(v), Num: true})
		}
	}
}

// ofCurrency is a table of one currency.
type ofCurrency struct {
	Currency string
	Table    table
}

// byCurrency prints one table for each currency, without some columns: money
// never stands beside money of another. Who is nobody is called so.
func (x *page) byCurrency(t *analytics.Table, without ...string) (out []ofCurrency) {
	at, who := t.Column("currency"), t.Column("referrer_id")
	for from := 0; from < len(t.Rows); {
		c := t.Rows[from][at].Text
		part := analytics.Table{Columns: t.Columns}
		for ; from < len(t.Rows) && t.Rows[from][at].Text == c; from++ {
			row := slices.Clone(t.Rows[from])
			if who >= 0 && row[who].Text == "" {
				row[who].Text = x.p.say(phrase{"无归属", "nobody"})
			}
			part.Rows = append(part.Rows, row)
		}
		p := *x.p
		p.currency = live.Currency(c)
		out = append(out, ofCurrency{c, p.table(&part, append([]string{"currency"}, without...)...)})
	}
	return out
}

// fed prints the groups that the show fed, with a word for all of them.
func (x *page) fed() {
	t := x.R.Fed
	if t.Rows = slices.Clone(t.Rows); len(t.Rows) > 0 {
		t.Rows[0] = slices.Clone(t.Rows[0])
		t.Rows[0][0].Text = x.p.say(phrase{"全部", "all"})
	}
	x.Fed = x.p.table(&t)
}

// finality says when the figures are final, and what came in after that.
func (x *page) finality() {
	x.FinalAt = x.p.at(x.R.FinalAt)
	for _, c := range x.R.AfterFinal {
		number := count
		if c.Metric.Unit == analytics.UnitMinor {
			number = func(n int64) string { return money(n, c.Currency) }
		}
		x.AfterFinal = append(x.AfterFinal, correctionRow{
			c.Metric.ZH, c.Metric.EN, string(c.Currency), number(c.Final), number(c.Now), number(c.Now - c.Final), c.Metric.Formula,
		})
	}
}

func (x *page) late() {
	for _, c := range analytics.LateColumns {
		x.LateHead = append(x.LateHead, cell{ZH: c.ZH, EN: c.EN, Tip: c.Formula})
	}
	for _, l := range x.R.AllLate {
		row := lateRow{
			Name: fmt.Sprintf("T%d", l.Days),
			Tip:  fmt.Sprintf("cumulated from the start of the show to its end + %d x 24 h, by the time the server learned of it", l.Days),
		}
		switch {
		case !l.Begun:
			row.State = x.p.say(notYet)
		case !l.Complete:
			row.State = x.p.say(phrase{"未满期", "not complete yet"})
		}
		for _, c := range analytics.LateColumns {
			amount := "–"
			if l.Begun {
				amount = money(c.Of(&l), l.Currency)
			}
			row.Cells = append(row.Cells, cell{Text: amount, Tip: c.ZH + " · " + c.EN + " = " + c.Formula + "; " + row.Tip})
		}
		if n := len(x.Late); n == 0 || x.Late[n-1].Currency != string(l.Currency) {
			x.Late = append(x.Late, lateBlock{Currency: string(l.Currency)})
		}
		block := &x.Late[len(x.Late)-1]
		block.Rows = append(block.Rows, row)
	}
}

// who names the one who gave a command, with their role.
func who(m *analytics.Mark) string {
	switch {
	case m.Role == "":
		return m.Actor
	case m.Actor == "":
		return string(m.Role)
	}
	return m.Actor + " (" + string(m.Role) + ")"
}
