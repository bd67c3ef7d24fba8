package report

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/conversion/attribution"
	"showrunner/live"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func build(t *testing.T, m *memory, asOf time.Time) analytics.Report {
	t.Helper()
	r, err := Build(context.Background(), m, m.show, asOf)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func print(t *testing.T, r analytics.Report, write func(io.Writer, analytics.Report) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); d != "" {
		t.Errorf("%s differs; read the difference, then run with -update (-want +got):\n%s", name, d)
	}
}

func english(w io.Writer, r analytics.Report) error { return WriteHTMLIn(w, r, "en") }

func TestReportGolden(t *testing.T) {
	m := playedShow(t)
	r := build(t, m, m.show.EndedAt.Add(4*24*time.Hour))
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, print(t, r, WriteJSON), "", " "); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", pretty.Bytes())
	golden(t, "report.html", print(t, r, WriteHTML))
	golden(t, "report.en.html", print(t, r, english))
}

// Printed again as of the same instant the report has the same bytes, whatever
// happened in between.
func TestReportIsTheSameAgain(t *testing.T) {
	m := playedShow(t)
	asOf := m.show.EndedAt.Add(time.Minute)
	early := &memory{show: m.show, earlier: m.earlier, targets: m.targets}
	for _, e := range m.log {
		if !e.Event.ReceivedAt.After(asOf) {
			early.log = append(early.log, e)
		}
	}
	for _, write := range []func(io.Writer, analytics.Report) error{WriteJSON, WriteHTML} {
		then, now := build(t, early, asOf), build(t, m, asOf)
		if d := cmp.Diff(string(print(t, then, write)), string(print(t, now, write))); d != "" {
			t.Errorf("the report as of %v changed:\n%s", asOf, d)
		}
	}
}

// A tile of a show that sold in several currencies says of which it is, and no
// other does.
func TestReportTilesOfOneCurrency(t *testing.T) {
	m := playedShow(t)
	r := build(t, m, m.show.EndedAt.Add(time.Hour))
	if len(r.ByCurrency) < 2 {
		t.Fatal("the show sold in one currency: this test proves nothing")
	}
	const zh, en = "仅 CNY，其他币种见下 of CNY; other currencies below", "of CNY; other currencies below"
	of := map[string]bool{"gmv_paid_minor": true, "gmv_net_minor": true, "orders_paid": true, "buyers": true, "view_to_pay": true}
	card := regexp.MustCompile(`<div class="card" title="[^"]*\((\w+)\)[^"]*">.*</div>`)
	for said, write := range map[string]func(io.Writer, analytics.Report) error{zh: WriteHTML, en: english} {
		cards := card.FindAllStringSubmatch(string(print(t, r, write)), -1)
		if len(cards) != len(cardKeys) {
			t.Fatalf("%d tiles, want %d", len(cards), len(cardKeys))
		}
		for _, c := range cards {
			if got := strings.Contains(c[0], `<div class="sub">`+said+`</div>`); got != of[c[1]] {
				t.Errorf("%s says %t that it is of one currency:\n%s", c[1], got, c[0])
			}
		}
	}
	one := r
	one.ByCurrency = slices.DeleteFunc(slices.Clone(r.ByCurrency), func(c analytics.CurrencyValues) bool { return c.Currency != "CNY" })
	if page := string(print(t, one, WriteHTML)); strings.Contains(page, en) {
		t.Error("a show of one currency speaks of others")
	}
}

func TestReportAddsUp(t *testing.T) {
	m := playedShow(t)
	r := build(t, m, m.show.EndedAt.Add(30*24*time.Hour))
	got := map[string]int64{}
	for _, v := range r.Metrics {
		got[v.Metric.Key] = v.Num
	}
	if want := got["gmv_paid_minor"] - got["refund_minor"] - got["cancelled_paid_minor"]; got["gmv_net_minor"] != want || want <= 0 {
		t.Errorf("net %d, want %d", got["gmv_net_minor"], want)
	}
	for _, table := range []struct {
		name string
		t    *analytics.Table
	}{{"products", &r.Products}, {"sources", &r.Sources}, {"timeline", &r.Timeline}} {
		var sum int64
		col := table.t.Column("gmv_net_minor")
		for _, row := range table.t.Rows {
			sum += row[col].Num
		}
		if sum != got["gmv_net_minor"] {
			t.Errorf("%s add up to %d, want %d", table.name, sum, got["gmv_net_minor"])
		}
	}
	if len(r.Attribution) != len(attribution.Models()) {
		t.Fatalf("%d models, want %d", len(r.Attribution), len(attribution.Models()))
	}
	for _, result := range r.Attribution {
		for _, total := range result.Totals {
			for _, money := range r.Figures.Money {
				if money.Currency == total.Currency && money.Net() != total.Value {
					t.Errorf("%s in %s credits %d, the orders net %d", result.Model, total.Currency, total.Value, money.Net())
				}
			}
			sum := total.Unattributed
			for _, s := range total.ByChannel {
				sum += s.Minor
			}
			if sum != total.Value {
				t.Errorf("%s in %s: credits and unattributed are %d of %d", result.Model, total.Currency, sum, total.Value)
			}
		}
	}
	if last := r.Late[len(r.Late)-1]; last.Net != got["gmv_net_minor"] || !last.Complete {
		t.Errorf("T30 is %+v, want net %d, complete", last, got["gmv_net_minor"])
	}
}

// What users write must not become markup, wherever it is shown.
func TestReportEscapesUserText(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>'</title></svg>`
	m := playedShow(t)
	m.show.Title, m.show.Room = evil, live.RoomID(evil)
	data, err := json.Marshal(map[string]string{"text": evil, "title": evil, "product_id": evil})
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range []live.Kind{live.AnnouncementPublished, live.ProductPinned} {
		m.log = append(m.log, live.Entry{Position: live.Position{Seq: 1 << 30, Index: uint32(i)}, Event: live.Event{
			Kind: k, Show: m.show.ID, ReceivedAt: m.show.StartedAt.Add(time.Minute), Data: data,
		}})
	}
	m.log = append(m.log, live.Entry{Event: live.Event{
		Kind: live.RoomEntered, Show: m.show.ID, Person: "x", Channel: evil, Actor: live.Actor{Role: live.RoleViewer}, ReceivedAt: m.show.StartedAt,
	}})
	for _, write := range []func(io.Writer, analytics.Report) error{WriteHTML, english} {
		page := string(print(t, build(t, m, m.show.EndedAt), write))
		for _, bad := range []string{"<script", "<img", "onerror=alert(2)>"} {
			if strings.Contains(page, bad) {
				i := strings.Index(page, bad)
				t.Errorf("the page contains %q: …%s…", bad, page[max(0, i-80):i+80])
			}
		}
		if !strings.Contains(page, "&lt;script&gt;") {
			t.Error("the page does not show the text at all")
		}
	}
	if !json.Valid(print(t, build(t, m, m.show.EndedAt), WriteJSON)) {
		t.Error("the json is not valid")
	}
}

// The page stands alone: nothing in it makes a browser ask for anything.
func TestReportPageStandsAlone(t *testing.T) {
	m := playedShow(t)
	page := print(t, build(t, m, m.show.EndedAt), WriteHTML)
	if bad := regexp.MustCompile(`(?i)(src|href)\s*=|url\(|@import|https?://|<script|<link|<iframe`).Find(page); bad != nil {
		t.Errorf("the page contains %q", bad)
	}
	for _, svg := range regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAll(page, -1) {
		if err := xml.Unmarshal(svg, new(struct{})); err != nil {
			t.Errorf("a chart is not well formed: %v", err)
		}
	}
	if n := bytes.Count(page, []byte("<svg")); n != 2+7 {
		t.Errorf("%d charts, want two and seven bars", n)
	}
}

func TestReportNumbersCarryDefinitions(t *testing.T) {
	m := playedShow(t)
	page := string(print(t, build(t, m, m.show.EndedAt), WriteHTML))
	for _, row := range strings.Split(page, "<tr")[1:] {
		row, _, _ = strings.Cut(row, "</tr>")
		if strings.HasPrefix(row, " title=") {
			continue
		}
		for _, number := range regexp.MustCompile(`<td class="n"[^>]*>[^<]*`).FindAllString(row, -1) {
			if !strings.Contains(number, ` title="`) || strings.Contains(number, ` title=""`) {
				t.Errorf("a number without a definition: %s", number)
			}
		}
	}
	for i := range analytics.Metrics {
		if m := &analytics.Metrics[i]; !strings.Contains(page, "("+m.Key+") = ") {
			t.Errorf("the definition of %s is not on the page", m.Key)
		}
	}
}

func TestReportOfShowsWithoutFigures(t *testing.T) {
	empty := &memory{show: live.Show{ID: "s", Room: "r", Merchant: "m", Title: "t", Currency: "JPY", TimeZone: "Nowhere/Land", State: live.ShowStateScheduled}}
	r := build(t, empty, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if !r.Provisional {
		t.Error("a show that was not on yet is not provisional")
	}
	if !json.Valid(print(t, r, WriteJSON)) {
		t.Error("the json is not valid")
	}
	page := string(print(t, r, WriteHTML))
	if strings.Contains(page, "NaN") || strings.Contains(page, "Inf") {
		t.Error("the page divides by zero")
	}
	var refusal *live.Error
	if err := WriteHTMLIn(io.Discard, r, "fr"); !errors.As(err, &refusal) || refusal.Code != "unknown_language" {
		t.Errorf("language fr: %v, want unknown_language", err)
	}
}

func TestFormat(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{money(0, "CNY"), "0.00"},
		{money(5, "CNY"), "0.05"},
		{money(-5, "CNY"), "-0.05"},
		{money(123456789, "CNY"), "1,234,567.89"},
		{money(1234567, "JPY"), "1,234,567"},
		{money(1234567, "KWD"), "1,234.567"},
		{money(-100000, "USD"), "-1,000.00"},
		{count(-1234), "-1,234"},
		{count(999), "999"},
		{duration(0), "0:00"},
		{duration(59_499), "0:59"},
		{duration(59_500), "1:00"},
		{duration(3_723_000), "1:02:03"},
		{(&printer{currency: "CNY"}).rate(analytics.UnitRatio, 1, 3), "33.33%"},
		{(&printer{currency: "CNY"}).rate(analytics.UnitRatio, 1, 0), "–"},
		{(&printer{currency: "CNY"}).rate(analytics.UnitMinor, 5, 2), "0.03"},
		{(&printer{currency: "CNY"}).rate(analytics.UnitMinor, -5, 2), "-0.03"},
		{(&printer{currency: "CNY"}).rate(analytics.UnitMS, 125_000, 2), "1:03"},
		{(&printer{currency: "CNY"}).rate(analytics.UnitPersons, 7, 2), "3.5"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %s, want %s", tc.got, tc.want)
		}
	}
}

func TestNiceTop(t *testing.T) {
	for _, tc := range []struct{ most, step, top int64 }{
		{0, 1, 1}, {1, 1, 1}, {5, 1, 5}, {6, 2, 6}, {11, 5, 15}, {26, 10, 30}, {51, 20, 60}, {123_456, 50_000, 150_000},
	} {
		if step, top := niceTop(tc.most); step != tc.step || top != tc.top {
			t.Errorf("niceTop(%d) = %d, %d, want %d, %d", tc.most, step, top, tc.step, tc.top)
		}
	}
}
