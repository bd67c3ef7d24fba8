package report

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// worksheet is what a reader of workbooks sees of a sheet.
type worksheet struct {
	Rows []struct {
		Cells []struct {
			At     string `xml:"r,attr"`
			Type   string `xml:"t,attr"`
			Number string `xml:"v"`
			Text   string `xml:"is>t"`
		} `xml:"c"`
	} `xml:"sheetData>row"`
}

// opened reads a workbook back: its sheets by name, with cells by place.
func opened(t *testing.T, data []byte) (names []string, sheets []map[string]string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string, into any) {
		t.Helper()
		f, err := z.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := xml.Unmarshal(body, into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
		} `xml:"sheets>sheet"`
	}
	read("xl/workbook.xml", &book)
	for i, s := range book.Sheets {
		if len([]rune(s.Name)) > 31 || strings.ContainsAny(s.Name, `[]:*?/\`) {
			t.Errorf("a sheet may not be called %q", s.Name)
		}
		var w worksheet
		read(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), &w)
		cells := map[string]string{}
		for _, row := range w.Rows {
			for _, c := range row.Cells {
				if cells[c.At] = c.Number; c.Type == "inlineStr" {
					cells[c.At] = c.Text
				}
			}
		}
		names, sheets = append(names, s.Name), append(sheets, cells)
	}
	return names, sheets
}

// TestReportSheets reads CSV and workbook back and finds every cell of every
// table in both, to the last unit, and nothing else.
func TestReportSheets(t *testing.T) {
	m := playedShow(t)
	m.show.Title = "=1+1"
	r := build(t, m, m.show.EndedAt.Add(31*24*time.Hour))
	data := print(t, r, WriteXLSX)
	if !bytes.Equal(data, print(t, r, WriteXLSX)) {
		t.Error("printed again the workbook is another")
	}
	names, sheets := opened(t, data)
	list := parts(&r)
	if len(names) != len(list)+1 || sheets[0]["B3"] != "=1+1" {
		t.Fatalf("%d sheets: %q, title %q", len(names), names, sheets[0]["B3"])
	}
	lines, err := csv.NewReader(bytes.NewReader(print(t, r, WriteCSV))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, l := range lines[1:] {
		if said[l[0]+" "+l[1]+" "+l[2]] != "" {
			t.Errorf("%q stands twice", l)
		}
		said[l[0]+" "+l[1]+" "+l[2]] = l[5]
	}
	if said["show 1 title"] != "'=1+1" || said["show 1 status"] != "final" {
		t.Errorf("the show is %q, %q", said["show 1 title"], said["show 1 status"])
	}
	cells := 10 // about the show
	for i, p := range list {
		head, rows := flat(&p.table)
		got := sheets[i+1]
		for n, row := range rows {
			for k := range head {
				want := strconv.FormatInt(row[k].Num, 10)
				inCSV := want
				if isText(&head[k]) {
					want, inCSV = row[k].Text, plain(row[k].Text)
				}
				if at := column(k) + strconv.Itoa(n+3); got[at] != want {
					t.Errorf("%s %s is %q, want %q", p.key, at, got[at], want)
				}
				if s := said[fmt.Sprintf("%s %d %s", p.key, n+1, head[k].Key)]; s != inCSV {
					t.Errorf("%s row %d %s is %q, want %q", p.key, n+1, head[k].Key, s, inCSV)
				}
				cells++
			}
		}
		if got["A2"] != head[0].Key {
			t.Errorf("%s begins with %q", p.key, got["A2"])
		}
	}
	if len(lines)-1 != cells {
		t.Errorf("%d cells in the csv, %d in the tables", len(lines)-1, cells)
	}
	// The sums of the sheets are those of the page.
	var earned int64
	for _, row := range r.Commission.Rows {
		if row[1].Text == string(r.Show.Currency) {
			earned += row[r.Commission.Column("commission_minor")].Num
		}
	}
	if v, _ := r.Metrics.Get("commission_minor"); earned != v.Num || earned == 0 {
		t.Errorf("commissions sum to %d, want %d", earned, v.Num)
	}
}

// TestReportSheetsOfNothing: a show nobody came to, with text that XML cannot
// hold in it, is a workbook all the same.
func TestReportSheetsOfNothing(t *testing.T) {
	empty := &memory{show: live.Show{ID: "s", Room: "r", Merchant: "m", Title: "a\x00<b>&\"", Currency: "JPY", TimeZone: "Asia/Tokyo", State: live.ShowStateScheduled}}
	r := build(t, empty, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	_, sheets := opened(t, print(t, r, WriteXLSX))
	if sheets[0]["B3"] != "a\ufffd<b>&\"" {
		t.Errorf("the title is %q", sheets[0]["B3"])
	}
	if d := cmp.Diff([]string{"A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"}, []string{column(0), column(25), column(26), column(51), column(52), column(701), column(702)}); d != "" {
		t.Error(d)
	}
	lines, err := csv.NewReader(bytes.NewReader(print(t, r, WriteCSV))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines[1:] {
		if l[2] == "numerator" && l[5] != "0" {
			t.Errorf("a figure of nothing: %q", l)
		}
	}
}
