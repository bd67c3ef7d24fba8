package report

import (
	"bytes"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/xuri/excelize/v2"

	"showrunner/analytics"
)

// WriteXLSX prints the report as a workbook in Chinese with the English beside
// it, see [WriteXLSXIn].
func WriteXLSX(w io.Writer, r analytics.Report) error { return WriteXLSXIn(w, r, "zh-CN") }

// WriteXLSXIn prints the report as a workbook in a language, "zh-CN" or "en": a
// sheet about the show, one with charts, then one for each table. The tables hold
// the numbers of the JSON, amounts in minor units. Words are text whatever they
// begin with, and never formulas. The same report gives the same bytes.
func WriteXLSXIn(w io.Writer, r analytics.Report, lang string) error {
	p, err := newPrinter(&r, lang)
	if err != nil {
		return err
	}
	b := newBook(&p)
	b.about(&r)
	b.charts(&r)
	for _, x := range parts(&r, p.say) {
		b.table(p.say(phrase{x.zh, x.en}), &x.table)
	}
	return b.write(w, analytics.Stamp(r.AsOf))
}

// book is a workbook on its way; err is the first thing that went wrong.
type book struct {
	p    *printer
	file *excelize.File
	// bold, grey and time are styles of cells.
	bold, grey int
	err        error
}

func newBook(p *printer) *book {
	b := &book{p: p, file: excelize.NewFile()}
	b.bold = b.style(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "bottom"}})
	b.grey = b.style(&excelize.Style{Font: &excelize.Font{Color: "808080", Size: 9}})
	return b
}

func (b *book) style(s *excelize.Style) int {
	id, err := b.file.NewStyle(s)
	b.failed(err)
	return id
}

// failed remembers the first error.
func (b *book) failed(err error) {
	if b.err == nil {
		b.err = err
	}
}

// sheet begins a sheet; the first one takes the place of the one that every new
// workbook has.
func (b *book) sheet(name string) string {
	if list := b.file.GetSheetList(); len(list) == 1 && list[0] == "Sheet1" {
		b.failed(b.file.SetSheetName("Sheet1", name))
		return name
	}
	_, err := b.file.NewSheet(name)
	b.failed(err)
	return name
}

// at names a cell by column and row, both from 1.
func (b *book) at(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	b.failed(err)
	return name
}

// word writes text; none leaves the cell empty.
func (b *book) word(sheet string, column, row int, s string) {
	if s != "" {
		b.failed(b.file.SetCellStr(sheet, b.at(column, row), s))
	}
}

// number writes an integer, to the last digit.
func (b *book) number(sheet string, column, row int, n int64) {
	b.failed(b.file.SetCellInt(sheet, b.at(column, row), n))
}

// amount writes minor units as a decimal number, digit by digit and never by way
// of a float.
func (b *book) amount(sheet string, column, row int, minor int64) {
	b.failed(b.file.SetCellDefault(sheet, b.at(column, row), strings.ReplaceAll(money(minor, b.p.currency), ",", "")))
}

// about is the sheet that says of which show and as of when the report is.
func (b *book) about(r *analytics.Report) {
	sheet := b.sheet(b.p.say(phrase{"场次", "show"}))
	for i, row := range about(r) {
		b.word(sheet, 1, i+1, b.p.say(phrase{row[3], row[4]}))
		b.word(sheet, 2, i+1, strings.TrimPrefix(row[5], "'"))
	}
	b.failed(b.file.SetColWidth(sheet, "A", "B", 26))
}

// table is a sheet of its own: names, keys, then the rows of a table.
func (b *book) table(name string, t *analytics.Table) {
	sheet := b.sheet(name)
	head, rows := flat(t)
	for i, c := range head {
		b.word(sheet, i+1, 1, b.p.say(phrase{c.ZH, c.EN}))
		b.word(sheet, i+1, 2, c.Key)
	}
	for n, row := range rows {
		for i := range head {
			if isText(&head[i]) {
				b.word(sheet, i+1, n+3, row[i].Text)
			} else if !row[i].None {
				b.number(sheet, i+1, n+3, row[i].Num)
			}
		}
	}
	b.failed(b.file.SetRowStyle(sheet, 1, 1, b.bold))
	b.failed(b.file.SetRowStyle(sheet, 2, 2, b.grey))
	last, err := excelize.ColumnNumberToName(max(len(head), 1))
	b.failed(err)
	b.failed(b.file.SetColWidth(sheet, "A", last, 18))
	b.failed(b.file.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 2, TopLeftCell: "A3", ActivePane: "bottomLeft"}))
}

// write gives the workbook out. What a workbook says of when it was made is the
// instant it tells of.
func (b *book) write(w io.Writer, asOf string) error {
	b.failed(b.file.SetDocProps(&excelize.DocProperties{Created: asOf, Modified: asOf, Creator: "Showrunner", LastModifiedBy: "Showrunner"}))
	if types := b.file.ContentTypes; types != nil { // The library adds them in the order of a map.
		sort.Slice(types.Defaults, func(i, j int) bool { return types.Defaults[i].Extension < types.Defaults[j].Extension })
	}
	var out bytes.Buffer
	if b.err == nil {
		_, b.err = b.file.WriteTo(&out)
	}
	b.failed(b.file.Close())
	if b.err == nil {
		_, b.err = w.Write(out.Bytes())
	}
	if b.err != nil {
		return fmt.Errorf("write report as xlsx: %w", b.err)
	}
	return nil
}
