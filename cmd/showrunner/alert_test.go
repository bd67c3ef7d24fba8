package main

import (
	"context"
	"testing"
	"time"

	"showrunner/live"
)

// TestAlertsEndToEnd sells most of a SKU over sockets: the panels are told that
// it will be sold out in minutes, viewers are not; somebody takes it up; stock is
// released and the alert is over; what is open at the end ends with the show, and
// the report tells all of it.
func TestAlertsEndToEnd(t *testing.T) {
	c := newServe()
	c.Data, c.Addr, c.LogLevel, c.AlertEvery = t.TempDir(), "127.0.0.1:0", "warn", 200*time.Millisecond
	url := startServer(t, c)
	s := newStage(t, url, c.Data, "m-alert", "r-alert", "Asia/Shanghai", good{"shirt", "sku-1", 9900, 40}, good{"hat", "sku-2", 5000, 9000})
	ctx := deadline(t, 3*time.Minute)
	must(t, "PUT", url+"/v1/alert-rules", s.operator, object{"rules": []object{
		{"rule": "soon_gone", "kind": "stock_out_ahead", "severity": "critical", "raise": 10, "clear": 15, "hold_s": 0, "rest_s": 0},
	}}, nil)
	panel := newSocket(url, s.room, s.tokens.sign(live.RoleHost, "hana", s.merchant), "panel=1")
	defer panel.close()
	viewer := s.viewer("buyer", "")
	defer viewer.close()
	for _, sock := range []*socket{panel, viewer} {
		if err := sock.connect(ctx); err != nil {
			t.Fatal(err)
		}
	}
	told := make(chan object, 100)
	reading, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for reading.Err() == nil {
			f, err := panel.read(reading)
			if err != nil {
				return
			}
			list, _ := f["events"].([]any)
			for _, e := range list {
				if kind := e.(object)["type"]; kind == "alert_raised" || kind == "alert_cleared" || kind == "alert_acknowledged" {
					told <- e.(object)
				}
			}
		}
	}()
	defer func() { stop(); <-done }()
	next := func(kind string) object {
		t.Helper()
		select {
		case e := <-told:
			if e["type"] != kind {
				t.Fatalf("told %v, want %s", e, kind)
			}
			return e["data"].(object)
		case <-ctx.Done():
			t.Fatalf("no %s was told", kind)
			return nil
		}
	}
	buy := func(name string, qty int) {
		t.Helper()
		ack, err := viewer.do(ctx, object{"type": "place_order", "data": object{"client_order_id": name, "lines": []object{{"sku_id": "sku-1", "qty": qty}}}})
		if err != nil || ack["ok"] != true {
			t.Fatalf("%s: %v %v", name, ack, err)
		}
	}
	buy("c1", 10) // 30 are left at 10 in ten minutes: enough for half an hour
	buy("c2", 15) // 15 at 25: six minutes
	raised := next("alert_raised")
	evidence, _ := raised["evidence"].(object)
	if raised["rule"] != "soon_gone" || raised["subject"] != "sku-1" || evidence["left"] != 15.0 || evidence["ordered"] != 25.0 {
		t.Fatalf("raised %v", raised)
	}
	id, _ := raised["alert_id"].(string)
	var snap struct {
		Alerts []struct {
			ID   string `json:"alert_id"`
			Rule string
			Who  string `json:"acknowledged_by"`
		}
	}
	must(t, "POST", s.path("/alerts/"+id+"/acknowledge"), s.operator, object{}, nil)
	if got := next("alert_acknowledged"); got["alert_id"] != id {
		t.Errorf("taken up %v", got)
	}
	eventually(t, 30*time.Second, "the snapshot has the alert", func() bool {
		must(t, "GET", s.path("/snapshot"), s.operator, nil, &snap)
		return len(snap.Alerts) == 1 && snap.Alerts[0].ID == id && snap.Alerts[0].Who == "op-m-alert"
	})
	must(t, "PATCH", s.path("/shelf/sku-1"), s.operator, object{"allotted": 2000}, nil)
	s.command("release_stock", object{"sku_id": "sku-1", "qty": 1000})
	if got := next("alert_cleared"); got["alert_id"] != id || got["reason"] != "recovered" {
		t.Errorf("cleared %v", got)
	}
	s.command("hold_stock", object{"sku_id": "sku-1", "qty": 1000})
	again, _ := next("alert_raised")["alert_id"].(string)
	s.command("end_show", object{})
	if got := next("alert_cleared"); got["alert_id"] != again || got["reason"] != "show_ended" || again == id {
		t.Errorf("cleared %v", got)
	}
	var list struct {
		Items []struct {
			ID     string `json:"alert_id"`
			Reason string
			Who    string `json:"acknowledged_by"`
		}
	}
	must(t, "GET", s.path("/alerts"), s.operator, nil, &list)
	if len(list.Items) != 2 || list.Items[0].ID != again || list.Items[1].Reason != "recovered" || list.Items[1].Who != "op-m-alert" {
		t.Errorf("listed %+v", list)
	}
	var report struct {
		Alerts []struct {
			ID     string `json:"alert_id"`
			Rule   string
			Reason string
			Who    string `json:"acknowledged_by"`
		}
	}
	eventually(t, 30*time.Second, "the report has both alerts", func() bool {
		s.report(&report)
		return len(report.Alerts) == 2 && report.Alerts[1].Reason != ""
	})
	if a := report.Alerts[0]; a.ID != id || a.Rule != "soon_gone" || a.Reason != "recovered" || a.Who != "op-m-alert" || report.Alerts[1].Reason != "show_ended" {
		t.Errorf("reported %+v", report.Alerts)
	}
	// Viewers saw their orders, and no alert.
	for end, seen := clock().Add(20*time.Second), false; !seen; {
		if clock().After(end) {
			t.Fatal("the viewer never heard of the end")
		}
		f, err := viewer.read(ctx)
		if err != nil {
			break // The room is over.
		}
		list, _ := f["events"].([]any)
		for _, e := range list {
			switch kind, _ := e.(object)["type"].(string); kind {
			case "alert_raised", "alert_cleared", "alert_acknowledged":
				t.Fatalf("a viewer is told %v", e)
			case "show_ended":
				seen = true
			}
		}
	}
}
