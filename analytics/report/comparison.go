package report

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strconv"

	"showrunner/analytics"
	"showrunner/live"
)

//go:embed comparison.html
var comparisonText string

// topText is how both pages of comparisons begin: head, title, as of when.
//
//go:embed top.html
var topText string

// ComparisonFormats are [analytics.ComparisonFormats].
var ComparisonFormats = analytics.ComparisonFormats

// WriteComparison prints a comparison in one of [ComparisonFormats]. lang is the
// language of html and xlsx. The same comparison gives the same bytes.
func WriteComparison(w io.Writer, c *analytics.Comparison, format, lang string) error {
	p := printer{english: lang == "en"}
	var err error
	switch format {
	case "json":
		err = comparisonJSON(w, c)
	case "csv":
		err = tableCSV(w, &c.Table)
	case "xlsx":
		b := newBook(&p)
		sides := sidesTable(c)
		b.table(p.say(phrase{"场次", "shows"}), &sides)
		b.table(p.say(phrase{"对比", "comparison"}), &c.Table)
		return b.write(w, analytics.Stamp(c.AsOf))
	case "html":
		err = comparisonHTML(w, c, &p)
	default:
		return live.Invalid("format_unavailable", "format", "must be json, html, csv or xlsx")
	}
	if err != nil {
		return fmt.Errorf("write comparison as %s: %w", format, err)
	}
	return nil
}

// sidesTable says which shows stand side by side, and as of when each does.
func sidesTable(c *analytics.Comparison) analytics.Table {
	t := analytics.Table{Columns: []analytics.Column{
		text("show_id", "场次", "show"), text("room_id", "直播间", "room"), text("title", "标题", "title"), text("currency", "币种", "currency"), text("time_zone", "时区", "time zone"),
		text("started_at", "开播", "started"), text("ended_at", "下播", "ended"), text("as_of", "数据截至", "as of"), text("status", "状态", "status"),
	}}
	for i := range c.Sides {
		s := &c.Sides[i]
		state := statusProvisional
		if s.Final && c.Complete {
			state = statusFinal
		}
		t.Rows = append(t.Rows, []analytics.Cell{
			word(string(s.Show.ID)), word(string(s.Show.Room)), word(s.Show.Title), word(string(s.Show.Currency)), word(s.Show.TimeZone),
			word(analytics.Stamp(s.Show.StartedAt)), word(analytics.Stamp(s.Show.EndedAt)), word(analytics.Stamp(s.Figures.AsOf)), word(state),
		})
	}
	return t
}

func comparisonJSON(w io.Writer, c *analytics.Comparison) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		AsOf     string          `json:"as_of"`
		Complete bool            `json:"complete"`
		Shows    analytics.Table `json:"shows"`
		Items    analytics.Table `json:"items"`
	}{analytics.Stamp(c.AsOf), c.Complete, sidesTable(c), c.Table})
}

// tableCSV prints one table with its keys as the head.
func tableCSV(w io.Writer, t *analytics.Table) error {
	head, rows := flat(t)
	keys := make([]string, len(head))
	for i := range head {
		keys[i] = head[i].Key
	}
	out := csv.NewWriter(w)
	lines := [][]string{keys}
	for _, row := range rows {
		line := make([]string, len(row))
		for i := range row {
			if line[i] = strconv.FormatInt(row[i].Num, 10); isText(&head[i]) {
				line[i] = plain(row[i].Text)
			}
		}
		lines = append(lines, line)
	}
	return out.WriteAll(lines)
}

// comparedRow is one figure of all shows.
type comparedRow struct {
	ZH, EN, Tip string
	Cells       []comparedCell
}

// comparedCell is the figure of one show beside that of the first.
type comparedCell struct{ Text, Beside, Tip string }

// comparedPart is the figures in one currency, or those of none.
type comparedPart struct {
	Currency string
	Rows     []comparedRow
}

// comparisonHTML prints the figures as rows and the shows as columns.
func comparisonHTML(w io.Writer, c *analytics.Comparison, p *printer) error {
	t, err := template.New("comparison").Funcs(template.FuncMap{"label": p.label}).Parse(topText + comparisonText)
	if err != nil {
		return err
	}
	var blocks []comparedPart
	table := &c.Table
	numerator, difference, ratio := table.Column("numerator"), table.Column("difference"), table.Column("ratio")
	for from := 0; from < len(table.Rows); from += len(c.Sides) {
		row := table.Rows[from]
		currency := row[0].Text
		if n := len(blocks); n == 0 || blocks[n-1].Currency != currency {
			blocks = append(blocks, comparedPart{Currency: currency})
		}
		q := *p
		q.currency = live.Currency(currency)
		m, ok := analytics.Lookup(row[1].Text)
		if !ok {
			return fmt.Errorf("no metric %s", row[1].Text)
		}
		x := comparedRow{ZH: m.ZH, EN: m.EN, Tip: m.Formula}
		for n := range c.Sides {
			at := table.Rows[from+n]
			v := analytics.Value{Metric: m, Num: at[numerator].Num, Den: at[numerator+1].Num}
			one := comparedCell{Text: q.value(v), Tip: define(v)}
			if n > 0 {
				one.Beside = q.beside(m, at[difference], at[ratio])
			}
			x.Cells = append(x.Cells, one)
		}
		block := &blocks[len(blocks)-1]
		block.Rows = append(block.Rows, x)
	}
	sides := sidesTable(c)
	var out bytes.Buffer
	if err := t.Execute(&out, struct {
		Title      heading
		Lang, AsOf string
		Complete   bool
		Sides      wordTable
		Parts      []comparedPart
	}{heading{"场次对比", "Comparison of shows"}, p.lang(), analytics.Stamp(c.AsOf), c.Complete, p.plainTable(&sides), blocks}); err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

// wordTable is rows of words under their heads.
type wordTable struct {
	Head []heading
	Rows [][]string
}

type heading struct{ ZH, EN string }

func (p *printer) plainTable(t *analytics.Table) (out wordTable) {
	for _, c := range t.Columns {
		out.Head = append(out.Head, heading{c.ZH, c.EN})
	}
	for _, row := range t.Rows {
		var words []string
		for i := range row {
			words = append(words, row[i].Text)
		}
		out.Rows = append(out.Rows, words)
	}
	return out
}

// beside prints difference and ratio to the first show.
func (p *printer) beside(m *analytics.Metric, difference, ratio analytics.Cell) string {
	if difference.Den == 0 {
		return "–"
	}
	unit := m.Unit
	s := p.rate(unit, difference.Num, difference.Den)
	if !m.IsRate() {
		s = p.number(unit, difference.Num)
	}
	if difference.Num > 0 {
		s = "+" + s
	}
	if ratio.Den != 0 {
		s += " · ×" + fixed(quotient(ratio.Num, ratio.Den, 2), 2)
	}
	return s
}
