package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"showrunner/live/sim"
)

type apiRate struct{ Numerator, Denominator int64 }

// TestNinetyDays lives ninety days of a merchant through a running server and
// finds its cohorts by first channel, its repeat rate and its money as they were
// drawn, to the last person. SHOWRUNNER_TEST_PEOPLE sets how many there are.
func TestNinetyDays(t *testing.T) {
	people := 300
	if v := os.Getenv("SHOWRUNNER_TEST_PEOPLE"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 50 {
			t.Fatalf("SHOWRUNNER_TEST_PEOPLE=%q is no number of people", v)
		}
		people = n
	}
	// A zone where the clocks change, and where today is not over while this runs.
	name := "America/New_York"
	zone, err := time.LoadLocation(name)
	if err == nil && clock().In(zone).Hour() == 23 {
		name = "Europe/Berlin"
		zone, err = time.LoadLocation(name)
	}
	if err != nil {
		t.Fatal(err)
	}
	q := sim.NewQuarter(20260822, people)
	data := t.TempDir()
	p := startProgram(t, data, "127.0.0.1:0")
	owner := tokens{t: t, data: data}.sign("merchant", "owner", "m1")
	must(t, "POST", p.url+"/v1/rooms", owner, object{"room_id": "r1", "title": "Room", "currency": "CNY", "time_zone": name, "host_ids": []string{"h"}}, nil)
	events, orders := quarterFacts(t, q, zone)
	for _, part := range []struct {
		kind  string
		facts []byte
	}{{"events", events}, {"orders", orders}} { // orders last: they wait for the relay
		file := filepath.Join(t.TempDir(), part.kind+".ndjson")
		if err := os.WriteFile(file, part.facts, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := ImportCmd{Kind: part.kind, In: file, URL: p.url, Data: data, Merchant: "m1", Source: "crm", Batch: 1000}
		if err := cmd.Execute(deadline(t, 10*time.Minute), t.Output(), t.Output()); err != nil {
			t.Fatal(err)
		}
	}

	var got struct {
		Complete bool
		Cohorts  []struct {
			Key       string
			Size      int64
			Intervals []struct{ Rate apiRate }
		}
		Rates struct {
			Repeat    apiRate `json:"repeat_rate"`
			Frequency apiRate `json:"purchase_frequency"`
		}
	}
	const periods = 60
	first, again := q.Repeat(30)
	buyers, held, minor := q.Sales()
	var rfm struct {
		Buyers   int64
		Segments []struct {
			Net int64 `json:"net_minor"`
		}
	}
	net := int64(0)
	// What was taken in a moment ago is not asked about yet.
	for end := clock().Add(time.Minute); net != minor && clock().Before(end); time.Sleep(200 * time.Millisecond) {
		must(t, "GET", p.url+"/v1/retention/rfm", owner, nil, &rfm)
		net = 0
		for _, s := range rfm.Segments {
			net += s.Net
		}
	}
	if rfm.Buyers != buyers || net != minor {
		t.Errorf("%d buyers with %d, in truth %d with %d", rfm.Buyers, net, buyers, minor)
	}
	must(t, "GET", fmt.Sprintf("%s/v1/retention?by=channel&periods=%d&days=30&from=%s", p.url, periods, quarterDay(zone, 0).Format(time.DateOnly)), owner, nil, &got)
	if !got.Complete || len(got.Cohorts) != 4 {
		t.Fatalf("retention: %+v", got)
	}
	seen, back := int64(0), int64(0)
	for _, c := range got.Cohorts {
		channel := c.Key
		if channel == "direct" {
			channel = ""
		}
		seen += c.Size
		for k, cell := range c.Intervals {
			of, came := q.Cohort(channel, k)
			if cell.Rate != (apiRate{came, of}) {
				t.Errorf("%s, day %d: %+v, in truth %d of %d", c.Key, k, cell.Rate, came, of)
			}
			if k > 0 {
				back += came
			}
		}
	}
	if seen != int64(people) || back == 0 || again == 0 || again == first {
		t.Errorf("%d people, %d days back, %d of %d buyers again: the test sees nothing", seen, back, again, first)
	}
	if got.Rates.Repeat != (apiRate{again, first}) || got.Rates.Frequency != (apiRate{held, buyers}) {
		t.Errorf("rates %+v, in truth %d of %d and %d orders of %d buyers", got.Rates, again, first, held, buyers)
	}
}

// quarterDay is the first instant of a day of the quarter.
func quarterDay(zone *time.Location, day int) time.Time {
	y, m, d := clock().In(zone).Date()
	return time.Date(y, m, d+day-sim.QuarterDays, 0, 0, 0, 0, zone)
}

// quarterFacts tells a quarter as facts, entries and orders apart, at any time of
// their days; later entries name other channels.
func quarterFacts(t *testing.T, q *sim.Quarter, zone *time.Location) (events, orders []byte) {
	t.Helper()
	rng := rand.New(rand.NewPCG(9, 0))
	at := func(day, hour int) string {
		y, m, d := quarterDay(zone, day).Date()
		return time.Date(y, m, d, hour, rng.IntN(60), rng.IntN(60), 0, zone).UTC().Format(time.RFC3339)
	}
	var views, sales bytes.Buffer
	tell := func(out *bytes.Buffer, fact object) {
		raw, err := json.Marshal(fact)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(raw, '\n'))
	}
	n := 0
	for _, p := range q.People {
		for i, day := range p.Days {
			channel := p.Channel
			if i > 0 {
				channel = "later"
			}
			fact := object{"event_id": fmt.Sprintf("%s-%d", p.ID, i), "type": "room_entered", "occurred_at": at(day, rng.IntN(22)), "user_id": p.ID}
			if channel != "" {
				fact["channel"] = channel
			}
			tell(&views, fact)
		}
		for _, o := range p.Orders {
			n++
			id, when := fmt.Sprintf("o-%d", n), at(o.Day, rng.IntN(20))
			tell(&sales, object{"type": "order_created", "timestamp": when, "data": object{
				"order_id": id, "user_id": p.ID, "currency": "CNY", "lines": []any{object{"line_id": "1", "sku_id": "k", "qty": 1, "goods_minor": o.Minor}},
			}})
			tell(&sales, object{"type": "order_paid", "timestamp": when, "data": object{"order_id": id, "payment_id": "p", "paid_minor": o.Minor, "currency": "CNY"}})
			if o.Undone {
				tell(&sales, object{"type": "refund_succeeded", "timestamp": at(sim.QuarterDays-1, 21), "data": object{
					"order_id": id, "refund_id": "r", "currency": "CNY", "reason": "back", "lines": []any{object{"line_id": "1", "sku_id": "k", "goods_minor": o.Minor}},
				}})
			}
		}
	}
	return views.Bytes(), sales.Bytes()
}
