package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"showrunner/analytics"
)

// Columns of the sheet of charts: the curves, the funnel, the products and the
// channels stand side by side, and the charts to the right of them all.
const (
	curveColumn   = 1  // time, GMV, GMV at commands, online, online at commands, commands
	funnelColumn  = 8  // step, persons, times
	productColumn = 12 // product, GMV
	sourceColumn  = 15 // channel, viewers, GMV
	chartColumn   = 19
	// chartRows is how far apart the charts stand.
	chartRows = 17
	// productBars bounds the products of their chart: those that sold most.
	productBars = 20
)

// charts is the sheet with the charts and the numbers they are drawn from:
// amounts in major units, times in the show's zone.
func (b *book) charts(r *analytics.Report) {
	sheet := b.sheet(b.p.say(phrase{"图表", "charts"}))
	c := drawing{book: b, sheet: sheet, row: 1}
	c.curves(r)
	c.funnel(r)
	c.products(r)
	c.sources(r)
	for _, w := range []struct {
		from, to string
		width    float64
	}{{"A", "E", 12}, {"F", "F", 40}, {"H", "H", 22}, {"L", "L", 22}, {"O", "O", 18}} {
		b.failed(b.file.SetColWidth(sheet, w.from, w.to, w.width))
	}
	b.failed(b.file.SetRowStyle(sheet, 1, 1, b.bold))
}

// drawing places charts below each other.
type drawing struct {
	*book
	sheet string
	row   int
}

// heads names columns from a column on.
func (d *drawing) heads(column int, names ...phrase) {
	for i, n := range names {
		d.word(d.sheet, column+i, 1, d.p.say(n))
	}
}

// column is the range of n cells under the head of a column.
func (d *drawing) column(column, n int) string {
	name, err := excelize.ColumnNumberToName(column)
	d.failed(err)
	return fmt.Sprintf("'%s'!$%s$2:$%s$%d", d.sheet, name, name, n+1)
}

// series is a column of n cells over the categories of another.
func (d *drawing) series(categories, values, n int) excelize.ChartSeries {
	name, err := excelize.ColumnNumberToName(values)
	d.failed(err)
	return excelize.ChartSeries{
		Name: fmt.Sprintf("'%s'!$%s$1", d.sheet, name), Categories: d.column(categories, n), Values: d.column(values, n),
	}
}

// draw adds a chart below the last one.
func (d *drawing) draw(title phrase, c excelize.Chart) {
	c.Title = excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: d.p.say(title)}}}
	c.Dimension, c.Legend.Position, c.ShowBlanksAs = excelize.ChartDimension{Width: 900, Height: 320}, "bottom", "gap"
	d.failed(d.file.AddChart(d.sheet, d.at(chartColumn, d.row), &c))
	d.row += chartRows
}

// curves are money and persons by the minute while the show was on, with the
// commands of the host as marks on either.
func (d *drawing) curves(r *analytics.Report) {
	gmv := phrase{"支付金额", "GMV paid"}
	gmv.zh, gmv.en = gmv.zh+" "+string(r.Show.Currency), gmv.en+" "+string(r.Show.Currency)
	d.heads(curveColumn, phrase{"时间", "time"}, gmv, phrase{"场控指令", "commands"}, phrase{"在线人数", "online"}, phrase{"场控指令", "commands"}, phrase{"指令", "what was done"})
	minutes := r.Figures.OnAir(r.Show)
	for i := range minutes {
		m, row := &minutes[i], i+2
		var cash analytics.MinuteMoney
		if k := slices.IndexFunc(m.Money, func(x analytics.MinuteMoney) bool { return x.Currency == r.Show.Currency }); k >= 0 {
			cash = m.Money[k]
		}
		d.word(d.sheet, curveColumn, row, d.p.clock(m.T, "15:04"))
		d.amount(d.sheet, curveColumn+1, row, cash.Paid)
		d.number(d.sheet, curveColumn+3, row, m.Online)
		var said []string
		for _, k := range r.Figures.Commands {
			if k.At.Truncate(time.Minute).Equal(m.T) {
				said = append(said, d.p.mark(&k))
			}
		}
		if len(said) > 0 {
			d.amount(d.sheet, curveColumn+2, row, cash.Paid)
			d.number(d.sheet, curveColumn+4, row, m.Online)
			d.word(d.sheet, curveColumn+5, row, strings.Join(said, "; "))
		}
	}
	if len(minutes) == 0 {
		return
	}
	for _, c := range []struct {
		title  phrase
		column int
	}{
		{phrase{"每分钟支付金额与场控指令", "GMV paid by the minute, with the host's commands"}, curveColumn + 1},
		{phrase{"每分钟在线人数与场控指令", "Persons online by the minute, with the host's commands"}, curveColumn + 3},
	} {
		line, marks := d.series(curveColumn, c.column, len(minutes)), d.series(curveColumn, c.column+1, len(minutes))
		line.Marker.Symbol, line.Line.Width = "none", 1.5
		marks.Marker, marks.Line.Type = excelize.ChartMarker{Symbol: "diamond", Size: 8}, excelize.LineNone
		d.draw(c.title, excelize.Chart{Type: excelize.Line, Series: []excelize.ChartSeries{line, marks}})
	}
}

func (d *drawing) funnel(r *analytics.Report) {
	d.heads(funnelColumn, phrase{"漏斗", "funnel"}, phrase{"人数", "persons"}, phrase{"次数", "times"})
	zh, en := r.Funnel.Column("name_zh"), r.Funnel.Column("name_en")
	steps := r.Figures.Funnel.Steps
	for i, s := range steps {
		d.word(d.sheet, funnelColumn, i+2, d.p.say(phrase{r.Funnel.Rows[i][zh].Text, r.Funnel.Rows[i][en].Text}))
		d.number(d.sheet, funnelColumn+1, i+2, s.UV)
		d.number(d.sheet, funnelColumn+2, i+2, s.PV)
	}
	if n := len(steps); n > 0 {
		d.draw(phrase{"转化漏斗", "Funnel"}, excelize.Chart{
			Type: excelize.Bar, XAxis: excelize.ChartAxis{ReverseOrder: true},
			Series: []excelize.ChartSeries{d.series(funnelColumn, funnelColumn+1, n), d.series(funnelColumn, funnelColumn+2, n)},
		})
	}
}

// products are those that sold most, the one that sold most first.
func (d *drawing) products(r *analytics.Report) {
	d.heads(productColumn, phrase{"商品", "product"}, phrase{"支付金额 " + string(r.Show.Currency), "GMV paid " + string(r.Show.Currency)})
	id, title, gmv := r.Products.Column("product_id"), r.Products.Column("title"), r.Products.Column("gmv_paid_minor")
	rows := slices.Clone(r.Products.Rows)
	slices.SortStableFunc(rows, func(a, b []analytics.Cell) int { return int(max(-1, min(1, b[gmv].Num-a[gmv].Num))) })
	rows = rows[:min(len(rows), productBars)]
	for i, row := range rows {
		name := row[title].Text
		if name == "" {
			name = row[id].Text
		}
		d.word(d.sheet, productColumn, i+2, name)
		d.amount(d.sheet, productColumn+1, i+2, row[gmv].Num)
	}
	if n := len(rows); n > 0 {
		d.draw(phrase{"商品支付金额", "GMV paid by product"}, excelize.Chart{
			Type: excelize.Bar, XAxis: excelize.ChartAxis{ReverseOrder: true}, Series: []excelize.ChartSeries{d.series(productColumn, productColumn+1, n)},
		})
	}
}

// sources are the channels of arrival: a person has one and so has an order, so
// that the parts of either pie are the whole.
func (d *drawing) sources(r *analytics.Report) {
	d.heads(sourceColumn, phrase{"来源渠道", "channel"}, phrase{"观看人数", "viewers"}, phrase{"支付金额 " + string(r.Show.Currency), "GMV paid " + string(r.Show.Currency)})
	channel, viewers, gmv := r.Sources.Column("channel"), r.Sources.Column("watch_uv"), r.Sources.Column("gmv_paid_minor")
	for i, row := range r.Sources.Rows {
		d.word(d.sheet, sourceColumn, i+2, row[channel].Text)
		d.number(d.sheet, sourceColumn+1, i+2, row[viewers].Num)
		d.amount(d.sheet, sourceColumn+2, i+2, row[gmv].Num)
	}
	n := len(r.Sources.Rows)
	if n == 0 {
		return
	}
	for i, title := range []phrase{{"观看人数来源", "Viewers by channel"}, {"支付金额来源", "GMV paid by channel"}} {
		d.draw(title, excelize.Chart{
			Type: excelize.Pie, Series: []excelize.ChartSeries{d.series(sourceColumn, sourceColumn+1+i, n)},
			PlotArea: excelize.ChartPlotArea{ShowPercent: true},
		})
	}
}
