package report

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"showrunner/analytics"
	"showrunner/live"
)

// opened reads a workbook back: its sheets by name, with cells by place.
func opened(t *testing.T, data []byte) (names []string, sheets []map[string]string) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		cells := map[string]string{}
		for n, row := range rows {
			for i, cell := range row {
				cells[place(t, i+1, n+1)] = cell
			}
		}
		names, sheets = append(names, name), append(sheets, cells)
	}
	return names, sheets
}

// place is the name of a cell.
func place(t *testing.T, column, row int) string {
	t.Helper()
	at, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestReportSheets reads CSV and workbook back and finds every cell of every
// table in both, to the last unit, and nothing else.
func TestReportSheets(t *testing.T) {
	m := playedShow(t)
	m.show.Title = "=1+1"
	r := build(t, m, m.show.EndedAt.Add(31*24*time.Hour))
	data := print(t, r, WriteXLSX)
	names, sheets := opened(t, data)
	list := parts(&r, both)
	if len(names) != len(list)+2 || sheets[0]["B3"] != "=1+1" {
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
		got := sheets[i+2]
		for n, row := range rows {
			for k := range head {
				want := strconv.FormatInt(row[k].Num, 10)
				if row[k].None {
					want = ""
				}
				inCSV := want
				if isText(&head[k]) {
					want, inCSV = row[k].Text, plain(row[k].Text)
				}
				if at := place(t, k+1, n+3); got[at] != want {
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

// TestReportWorkbookIsTheSameAgain: a workbook says nothing of when and where it
// was written, and no map of the library's gets a say in the order of its parts.
func TestReportWorkbookIsTheSameAgain(t *testing.T) {
	m := playedShow(t)
	r := build(t, m, m.show.EndedAt.Add(24*time.Hour))
	for _, lang := range []string{"zh-CN", "en"} {
		write := func(w io.Writer, r analytics.Report) error { return WriteXLSXIn(w, r, lang) }
		first := print(t, r, write)
		for range 3 {
			if !bytes.Equal(first, print(t, build(t, m, r.AsOf), write)) {
				t.Fatalf("printed again in %s the workbook is another", lang)
			}
		}
		z, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			if !f.Modified.IsZero() && f.Modified.Year() > 1980 {
				t.Errorf("%s is of %v", f.Name, f.Modified)
			}
		}
		core, err := excelize.OpenReader(bytes.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		if p, err := core.GetDocProps(); err != nil || p.Created != analytics.Stamp(r.AsOf) || p.Modified != p.Created {
			t.Errorf("the workbook was made %q and changed %q, %v", p.Created, p.Modified, err)
		}
		if err := core.Close(); err != nil {
			t.Error(err)
		}
	}
}

// drawn is a chart of a workbook, as a program that draws it sees it.
type drawn struct {
	kind   string
	series []struct{ name, categories, values string }
}

// charts reads the charts of a workbook from its parts.
func charts(t *testing.T, data []byte) (out []drawn) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, f := range z.File {
		if ok, _ := path.Match("xl/charts/chart*.xml", f.Name); ok {
			files = append(files, f.Name)
		}
	}
	slices.Sort(files)
	for _, name := range files {
		f, err := z.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		type series struct {
			Name       string `xml:"tx>strRef>f"`
			Categories string `xml:"cat>strRef>f"`
			Values     string `xml:"val>numRef>f"`
		}
		var x struct {
			Line []series `xml:"chart>plotArea>lineChart>ser"`
			Bar  []series `xml:"chart>plotArea>barChart>ser"`
			Pie  []series `xml:"chart>plotArea>pieChart>ser"`
		}
		if err := xml.Unmarshal(body, &x); err != nil {
			t.Fatal(err)
		}
		d := drawn{}
		for kind, list := range map[string][]series{"line": x.Line, "bar": x.Bar, "pie": x.Pie} {
			for _, s := range list {
				d.kind = kind
				d.series = append(d.series, struct{ name, categories, values string }{s.Name, s.Categories, s.Values})
			}
		}
		out = append(out, d)
	}
	return out
}

// TestReportCharts follows every chart of the workbook to the cells it is drawn
// from, and those to the tables of the report.
func TestReportCharts(t *testing.T) {
	m := playedShow(t)
	r := build(t, m, m.show.EndedAt.Add(24*time.Hour))
	data := print(t, r, WriteXLSX)
	_, sheets := opened(t, data)
	cells := sheets[1]
	got := charts(t, data)
	var kinds []string
	for _, c := range got {
		kinds = append(kinds, c.kind)
	}
	if want := []string{"line", "line", "bar", "bar", "pie", "pie"}; !slices.Equal(kinds, want) {
		t.Fatalf("charts %q, want %q", kinds, want)
	}
	span := regexp.MustCompile(`^'图表 charts'!\$([A-Z]+)\$2:\$([A-Z]+)\$(\d+)$`)
	at := func(where string) (values []string) {
		t.Helper()
		m := span.FindStringSubmatch(where)
		if m == nil || m[1] != m[2] {
			t.Fatalf("a series is drawn from %q", where)
		}
		last, err := strconv.Atoi(m[3])
		if err != nil {
			t.Fatal(err)
		}
		for row := 2; row <= last; row++ {
			values = append(values, cells[m[1]+strconv.Itoa(row)])
		}
		return values
	}
	minor := func(s string) int64 {
		t.Helper()
		whole, part, ok := strings.Cut(s, ".")
		n, err := strconv.ParseInt(whole+part, 10, 64)
		if err != nil || !ok || len(part) != 2 {
			t.Fatalf("%q is no amount of yuan", s)
		}
		return n
	}
	integer := func(s string) int64 {
		t.Helper()
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	sum := func(values []string, of func(string) int64) (n int64) {
		t.Helper()
		for _, v := range values {
			n += of(v)
		}
		return n
	}
	minutes := r.Figures.OnAir(r.Show)
	gmv, online := at(got[0].series[0].values), at(got[1].series[0].values)
	for i := range minutes {
		var paid int64
		for _, x := range minutes[i].Money {
			if x.Currency == r.Show.Currency {
				paid = x.Paid
			}
		}
		if minor(gmv[i]) != paid || integer(online[i]) != minutes[i].Online {
			t.Errorf("minute %d has %s and %s, want %d and %d", i, gmv[i], online[i], paid, minutes[i].Online)
		}
	}
	if len(gmv) != len(minutes) || len(at(got[0].series[0].categories)) != len(minutes) {
		t.Errorf("%d minutes of money, want %d", len(gmv), len(minutes))
	}
	// Every command on air has its mark on either curve, with who gave it beside it.
	for _, k := range r.Figures.Commands {
		i := slices.IndexFunc(minutes, func(m analytics.Minute) bool { return m.T.Equal(k.At.Truncate(time.Minute)) })
		if i < 0 {
			continue
		}
		if at(got[0].series[1].values)[i] != gmv[i] || at(got[1].series[1].values)[i] != online[i] {
			t.Errorf("%s of minute %d is on no curve", k.Kind, i)
		}
		if said := cells["F"+strconv.Itoa(i+2)]; !strings.Contains(said, k.Actor) || !strings.Contains(said, k.At.In(time.FixedZone("", 8*3600)).Format("15:04:05")) {
			t.Errorf("%s by %s: minute %d says %q", k.Kind, k.Actor, i, said)
		}
	}
	for i, s := range r.Figures.Funnel.Steps {
		if uv, pv := at(got[2].series[0].values)[i], at(got[2].series[1].values)[i]; integer(uv) != s.UV || integer(pv) != s.PV {
			t.Errorf("%s is drawn as %s, %s, want %d, %d", s.Key, uv, pv, s.UV, s.PV)
		}
	}
	paid, _ := r.Metrics.Get("gmv_paid_minor")
	viewers, _ := r.Metrics.Get("watch_uv")
	if n := sum(at(got[3].series[0].values), minor); n != paid.Num {
		t.Errorf("the products are drawn as %d, want %d", n, paid.Num)
	}
	if n := sum(at(got[4].series[0].values), integer); n != viewers.Num {
		t.Errorf("the channels are drawn with %d viewers, want %d", n, viewers.Num)
	}
	if n := sum(at(got[5].series[0].values), minor); n != paid.Num || n == 0 {
		t.Errorf("the channels are drawn with %d, want %d", n, paid.Num)
	}
}

// TestReportWindows reads the rows by currency and window back and finds the
// amounts of the JSON in them, to the last unit, and none of windows that have not
// come, in every format.
func TestReportWindows(t *testing.T) {
	m := playedShow(t)
	for days, want := range map[float64]string{
		2:    "complete complete not_yet not_yet not_yet not_yet",
		6.5:  "complete complete complete so_far not_yet not_yet",
		8:    "complete complete complete complete not_yet not_yet",
		29.5: "complete complete complete complete complete so_far",
	} {
		windowsOf(t, m, m.show.EndedAt.Add(time.Duration(days*24)*time.Hour), want)
	}
}

// windowsOf holds the windows of a report in every format against each other.
func windowsOf(t *testing.T, m *memory, asOf time.Time, states string) {
	t.Helper()
	r := build(t, m, asOf)
	lines, err := csv.NewReader(bytes.NewReader(print(t, r, WriteWindows))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Late []map[string]any `json:"late_by_currency"`
	}
	d := json.NewDecoder(bytes.NewReader(print(t, r, WriteJSON)))
	d.UseNumber()
	if err := d.Decode(&said); err != nil {
		t.Fatal(err)
	}
	page := string(print(t, r, WriteHTML))
	for state, word := range map[string]string{"not_yet": "尚未到来 not yet", "so_far": "未满期 not complete yet"} {
		if got, want := strings.Count(page, "<td>"+word+"</td>"), 2*strings.Count(states, state); got != want {
			t.Errorf("the page says %q %d times, want %d", word, got, want)
		}
	}
	cells := map[string]string{}
	all, err := csv.NewReader(bytes.NewReader(print(t, r, WriteCSV))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		cells[l[0]+" "+l[1]+" "+l[2]] = l[5]
	}
	names, sheets := opened(t, print(t, r, WriteXLSX))
	sheet := sheets[slices.Index(names, "播后累计 after the show")]
	if want := 2 * len(live.LedgerDays); len(lines) != 1+want || len(said.Late) != want {
		t.Fatalf("%d rows and %d in the json, want %d: two currencies, six windows", len(lines)-1, len(said.Late), want)
	}
	for n, row := range lines[1:] {
		got := map[string]string{}
		for i, key := range lines[0] {
			got[key] = row[i]
		}
		want := said.Late[n]
		days := fmt.Sprint(want["days"])
		state := strings.Fields(states)[n%len(live.LedgerDays)]
		told := map[string]string{"complete": "yes", "so_far": "no", "not_yet": "尚未到来 not yet"}[state]
		if got["show_id"] != "show-618" || got["currency"] != want["currency"] || got["window"] != "T"+days || got["complete"] != told || want["complete"] != (state == "complete") || want["state"] != state || got["status"] != "provisional" {
			t.Errorf("row %d is %v, want %v, %s", n, got, want, state)
		}
		line := fmt.Sprintf("late %d ", n+1)
		if cells[line+"complete"] != told || sheet[place(t, 3, n+3)] != told {
			t.Errorf("T%s is %q in the csv and %q in the workbook, want %q", days, cells[line+"complete"], sheet[place(t, 3, n+3)], told)
		}
		for i, c := range analytics.LateColumns {
			amount := fmt.Sprint(want[c.Key])
			if (want[c.Key] == nil) != (state == "not_yet") {
				t.Errorf("%s of T%s is %v in the json, which is %s", c.Key, days, want[c.Key], state)
			}
			if want[c.Key] == nil {
				amount = ""
			}
			if got[c.Key] != amount || cells[line+c.Key] != amount || sheet[place(t, 4+i, n+3)] != amount {
				t.Errorf("%s of T%s in %s is %q, %q and %q, want %q", c.Key, days, got["currency"], got[c.Key], cells[line+c.Key], sheet[place(t, 4+i, n+3)], amount)
			}
		}
		h, err := strconv.Atoi(days)
		if until := analytics.Stamp(m.show.EndedAt.Add(time.Duration(h) * 24 * time.Hour)); err != nil || got["until"] != until {
			t.Errorf("T%s is until %s, want %s", days, got["until"], until)
		}
	}
	if lines[1][5] != "CNY" || lines[7][5] != "USD" {
		t.Errorf("the currencies are %s and %s, want the show's first", lines[1][5], lines[7][5])
	}
}
