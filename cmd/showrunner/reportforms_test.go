package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"showrunner/analytics"
)

// notInReports are figures of shows that no report prints, and where they stand.
var notInReports = map[string]string{
	"inflow_10m": "snapshot", "online_10m": "snapshot", "comments_10m": "snapshot", "clicks_10m": "snapshot", "orders_10m": "snapshot", "gmv_10m_minor": "snapshot", "conversion_10m": "snapshot",
	"standing_entered": "snapshot", "standing_comments": "snapshot", "standing_clicks": "snapshot", "standing_orders_paid": "snapshot", "standing_gmv_paid": "snapshot", "standing_online": "snapshot",
	"audience_watch_share": "GET /v1/shows/{show_id}/audience", "audience_gmv_share": "GET /v1/shows/{show_id}/audience",
}

// drawnOnPages are columns that the page draws as curves, or prints as percentages
// without their parts, or prints by day alone, for shows of several days.
var drawnOnPages = map[string]bool{"entered": true, "online": true, "pv_rate": true, "uv_rate": true, "complaints_opened": true, "sla_breaches": true}

// byChance are the figures of parts that a show has only if somebody of the invented
// ones was brought by another, or moved on the ladder.
var byChance = map[string]string{"commission_orders": "commission", "moves_caused_up": "ladder", "moves_caused_down": "ladder"}

// notOnPages are the columns that tables of the page leave out for want of room, and
// the parts that it draws as bars.
var notOnPages = map[string]bool{"products product_exposure_uv": true, "products product_click_uv": true, "attribution orders": true}

// forms is one report as each of its four forms has it: a figure by where it
// stands, as its part, its row and its key, with its number.
type forms map[string]string

// TestReportKeysStandInEveryForm plays a show on a running server and reads its
// report back as JSON, CSV, XLSX and HTML: every figure of a show in the dictionary
// stands in all four, with the same numbers, and those that do not are named.
func TestReportKeysStandInEveryForm(t *testing.T) {
	data := t.TempDir()
	p := startProgram(t, data, "127.0.0.1:0")
	sim := SimulateCmd{URL: p.url, Data: data, Viewers: 40, Minutes: 6, Speed: 60, Seed: 21, Room: "r-forms", Merchant: "m-forms", Out: filepath.Join(data, "sim.json")}
	// What of the show went wrong, as on a machine that is too busy, is told by other tests.
	simulated := sim.Execute(deadline(t, 5*time.Minute), t.Output(), t.Output())
	var told struct {
		Show string `json:"show_id"`
	}
	raw, err := os.ReadFile(sim.Out)
	if err != nil {
		t.Fatal(err, simulated)
	}
	if err := json.Unmarshal(raw, &told); err != nil || told.Show == "" {
		t.Fatalf("the simulator tells of show %q, %v; %v", told.Show, err, simulated)
	}
	keys := tokens{t: t, data: data}
	boss := keys.sign("merchant", "boss", "m-forms")
	// Groups are fed by what agents tell after the show.
	must(t, "POST", p.url+"/v1/events", keys.sign("integration", "crm", "m-forms"), []object{{
		"event_id": "join-1", "type": "group_joined", "show_id": told.Show, "user_id": "ann", "actor": object{"id": "li", "name": "Li", "role": "agent"}, "channel": "private/group",
		"data": object{"group_id": "g3", "group_name": "Group 3"},
	}}, nil)
	asOf := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	read := func(format string) []byte {
		t.Helper()
		status, body, err := call(t.Context(), "GET", p.url+"/v1/shows/"+told.Show+"/report?lang=en&format="+format+"&as_of="+asOf, boss, nil)
		if err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d, %v: %.300s", format, status, err, body)
		}
		return body
	}
	sheet := readCSV(t, read("csv"))
	book := readBook(t, read("xlsx"), sheet.parts)
	printed := read("json")
	object := readJSON(t, printed, sheet.parts)
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(printed, &sections); err != nil {
		t.Fatal(err)
	}
	for where, want := range sheet.cells {
		if want == "尚未到来 not yet" { // The CSV is of no language, the workbook was asked for in one.
			want = "not yet"
		}
		if got, ok := book[where]; !ok || got != strings.TrimPrefix(want, "'") { // A sheet has text as text, a CSV keeps it from being a formula.
			t.Errorf("%s is %q in the CSV and %q in the workbook", where, want, got)
		}
		if part, _, _ := strings.Cut(where, " "); sheet.inJSON(part) {
			if got, ok := object[where]; !ok || got != want {
				t.Errorf("%s is %q in the CSV and %q in the JSON", where, want, got)
			}
		}
	}
	for where := range book {
		if _, ok := sheet.cells[where]; !ok {
			t.Errorf("%s is in the workbook alone", where)
		}
	}
	page := readPage(t, string(read("html")))
	stands := map[string]bool{}
	for where, value := range sheet.cells {
		fields := strings.Split(where, " ")
		key := strings.TrimSuffix(strings.TrimSuffix(fields[2], "_numerator"), "_denominator")
		stands[key] = true
		names := page[sheet.names[key]]
		if sheet.names[key] == "" || drawnOnPages[key] || len(names) == 0 {
			continue
		}
		if strings.HasSuffix(fields[2], "_numerator") {
			value += "/" + sheet.cells[fields[0]+" "+fields[1]+" "+key+"_denominator"]
		} else if strings.HasSuffix(fields[2], "_denominator") {
			continue
		}
		if fields[0] == "late" && value == "" { // Of a window that has not come there is no figure: a sheet is empty there, a page has a dash.
			value = "–"
		}
		if d, ok := analytics.Define(key); fields[0] == "metrics" || !ok || d.Unit == analytics.UnitMS && !strings.Contains(value, "/") {
			continue
		}
		if fields[0] != "timeline" && !notOnPages[fields[0]+" "+key] && !slices.Contains(names, value) {
			t.Errorf("%s is %s, and the page has %v", where, value, names)
		}
	}
	for _, row := range sheet.metrics {
		m, _ := analytics.Lookup(row.key)
		if got := page[row.name]; !slices.Contains(got, row.value) && (m.IsRate() || m.Unit != analytics.UnitMS) {
			t.Errorf("%s is %s, and the page has %v", row.key, row.value, got)
		}
		stands[row.key] = true
	}
	if len(sheet.metrics) < len(analytics.Metrics)-1 {
		t.Errorf("%d figures of %d", len(sheet.metrics), len(analytics.Metrics))
	}
	for _, d := range analytics.Definitions() {
		if part := byChance[d.Key]; d.Axis != analytics.AxisShow || part != "" && string(sections[part]) == "[]" && !slices.Contains(sheet.parts, part) {
			continue
		}
		if why := notInReports[d.Key]; (why == "") != stands[d.Key] {
			t.Errorf("%s stands in the report: %v, want %v %s", d.Key, stands[d.Key], why == "", why)
		}
		if _, ok := page[d.ZH+" · "+d.EN]; notInReports[d.Key] == "" && !ok && !drawnOnPages[d.Key] {
			t.Errorf("%s is not on the page", d.Key)
		}
	}
}

// csvForm is the report as CSV.
type csvForm struct {
	parts   []string
	cells   forms
	names   map[string]string // ZH · EN of a key
	metrics []metricRow
}

type metricRow struct{ key, name, value string }

// inJSON leaves out what JSON has in another shape: figures as members, attribution
// by model, and windows and corrections without their names.
func (*csvForm) inJSON(part string) bool {
	return !slices.Contains([]string{"show", "metrics", "attribution", "late", "after_final"}, part)
}

func readCSV(t *testing.T, raw []byte) csvForm {
	t.Helper()
	lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	f := csvForm{cells: forms{}, names: map[string]string{}}
	rows := map[string]map[string]string{}
	for _, l := range lines[1:] {
		part, row, key, zh, en, value := l[0], l[1], l[2], l[3], l[4], l[5]
		if part == "show" {
			continue
		}
		if !slices.Contains(f.parts, part) {
			f.parts = append(f.parts, part)
		}
		f.cells[part+" "+row+" "+key] = value
		name := strings.TrimSuffix(strings.TrimSuffix(zh, "(分子)"), "(分母)") + " · " + strings.TrimSuffix(strings.TrimSuffix(en, ", numerator"), ", denominator")
		f.names[strings.TrimSuffix(strings.TrimSuffix(key, "_numerator"), "_denominator")] = name
		if part == "metrics" {
			if rows[row] == nil {
				rows[row] = map[string]string{}
			}
			rows[row][key] = value
		}
	}
	seen := map[string]bool{}
	for n := 1; n <= len(rows); n++ {
		row := rows[strconv.Itoa(n)]
		value := row["numerator"]
		if m, ok := analytics.Lookup(row["key"]); !ok || row["name_zh"] != m.ZH {
			t.Errorf("row %d of the metrics is of no figure: %v", n, row)
		} else if m.IsRate() {
			value += "/" + row["denominator"]
		}
		if !seen[row["key"]] { // The show's own currency stands first.
			seen[row["key"]] = true
			f.metrics = append(f.metrics, metricRow{row["key"], row["name_zh"] + " · " + row["name_en"], value})
		}
	}
	return f
}

// sheetOf are the parts whose sheets have other names.
var sheetOf = map[string]string{
	"benchmark_basis": "benchmark basis", "sources": "channels", "groups_fed": "groups fed", "service_assisted": "service", "service_sessions": "service sessions", "next_brief": "next brief",
	"timeline": "by minute", "late": "after the show", "after_final": "corrections",
}

// readBook reads back the sheet of each part.
func readBook(t *testing.T, raw []byte, parts []string) forms {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	out := forms{}
	for _, part := range parts {
		name := part
		if sheetOf[part] != "" {
			name = sheetOf[part]
		}
		rows, err := book.GetRows(name, excelize.Options{RawCellValue: true})
		if err != nil || len(rows) < 3 {
			t.Errorf("the sheet %q of %s has %d rows, %v; there are %q", name, part, len(rows), err, book.GetSheetList())
			continue
		}
		for n, row := range rows[2:] {
			for i, key := range rows[1] {
				value := ""
				if i < len(row) {
					value = row[i]
				}
				out[part+" "+strconv.Itoa(n+1)+" "+key] = value
			}
		}
	}
	return out
}

// readJSON reads the tables of the report.
func readJSON(t *testing.T, raw []byte, parts []string) forms {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	out := forms{}
	for _, part := range parts {
		if (*csvForm)(nil).inJSON(part) && all[part] == nil {
			t.Errorf("the JSON has no %s", part)
			continue
		}
		var rows []map[string]any
		d := json.NewDecoder(bytes.NewReader(all[part]))
		d.UseNumber()
		if err := d.Decode(&rows); err != nil {
			continue // Of another shape.
		}
		for n, row := range rows {
			where := part + " " + strconv.Itoa(n+1) + " "
			for key, v := range row {
				switch x := v.(type) {
				case string:
					if x != "" && strings.ContainsRune("=+-@\t\r", rune(x[0])) {
						x = "'" + x
					}
					out[where+key] = x
				case json.Number:
					out[where+key] = x.String()
				case map[string]any:
					for _, side := range []string{"numerator", "denominator"} {
						if n, ok := x[side].(json.Number); ok {
							out[where+key+"_"+side] = n.String()
						}
					}
				}
			}
		}
	}
	return out
}

// readPage finds every number of the page by the names in its tooltip: a rate by
// its parts, money in minor units, anything else as it is printed.
func readPage(t *testing.T, page string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	parts := regexp.MustCompile(` = (-?[0-9,]+) / (-?[0-9,]+)(?: \[[^\]]*\])?$`)
	bare := strings.NewReplacer(",", "", ".", "")
	number := func(text string) string {
		n, err := strconv.ParseInt(bare.Replace(strings.TrimSpace(text)), 10, 64)
		if err != nil {
			return text
		}
		return strconv.FormatInt(n, 10)
	}
	// The figures stand in rows with a tooltip, the tables in cells with one.
	for _, form := range []string{`<tr title="([^"]*)"><td>.*?</td><td class="n">([^<]*)`, `<td[^>]* title="([^"]*)"[^>]*>([^<]*)`} {
		for _, m := range regexp.MustCompile(`(?s)`+form).FindAllStringSubmatch(page, -1) {
			tip := html.UnescapeString(m[1])
			name, _, ok := strings.Cut(tip, " = ")
			if !ok {
				continue
			}
			name = regexp.MustCompile(` \([a-z0-9_]+\)$`).ReplaceAllString(name, "")
			value := number(html.UnescapeString(m[2]))
			if p := parts.FindStringSubmatch(tip); p != nil {
				value = bare.Replace(p[1]) + "/" + bare.Replace(p[2])
			}
			out[name] = append(out[name], value)
		}
	}
	for _, m := range regexp.MustCompile(`<title>[^<]*: uv ([0-9,]+), pv ([0-9,]+)</title>`).FindAllStringSubmatch(page, -1) { // of the funnel
		for i, key := range []string{"uv", "pv"} {
			d, _ := analytics.Define(key)
			out[d.ZH+" · "+d.EN] = append(out[d.ZH+" · "+d.EN], number(m[i+1]))
		}
	}
	if len(out) < 100 {
		t.Fatalf("the page has %d names", len(out))
	}
	return out
}
