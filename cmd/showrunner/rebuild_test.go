package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// TestRebuildCommand spoils a rollup of a running server, is told so, mends it
// while the server runs, and finds it mended and on record; then once more after
// the server was killed, with one that is started for it.
func TestRebuildCommand(t *testing.T) {
	data := t.TempDir()
	p := startProgram(t, data, "127.0.0.1:0")
	s := newStage(t, p.url, data, "m-mend", "r-mend", "UTC", good{"p1", "sku-1", 9900, 10})
	v := s.viewer("viewer-1", "")
	defer v.close()
	ctx := deadline(t, 3*time.Minute)
	ack, err := v.do(ctx, object{"type": "place_order", "data": object{"client_order_id": "o-1", "lines": []object{{"sku_id": "sku-1", "qty": 2}}}})
	if err != nil || ack["ok"] != true {
		t.Fatal(ack, err)
	}
	order := ack["data"].(object)["order_id"].(string)
	s.hook("wh-"+order, s.paidFact(order, "pay-"+order, 19800))
	s.command("end_show", object{})
	s.reconciled(time.Minute)

	spoil := func() {
		t.Helper()
		runSQL(t, engineURL(t, data), `INSERT INTO show_money SELECT * REPLACE (toInt64(100) AS paid) FROM show_money`)
	}
	tell := func(apply bool) string {
		t.Helper()
		var out strings.Builder
		c := RebuildCmd{Data: data, Rollup: "show_money", Apply: apply, By: "ann"}
		if err := c.Execute(ctx, &out, t.Output()); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	spoil()
	if got := tell(false); !strings.Contains(got, "show_money.paid merchant m-mend") || !strings.Contains(got, "nothing was changed") {
		t.Errorf("told what would be done: %s", got)
	}
	if got := tell(true); !strings.Contains(got, "was rebuilt") || !strings.Contains(got, "0 places") {
		t.Errorf("told what was done: %s", got)
	}
	s.reconciled(time.Minute)
	audit(t, engineURL(t, data))
	var record struct {
		Items []struct {
			Action string `json:"action"`
			Actor  struct {
				ID string `json:"id"`
			} `json:"actor"`
		} `json:"items"`
	}
	must(t, "GET", p.url+"/v1/audit?limit=200", s.tokens.sign(live.RoleAdmin, "root", ""), nil, &record)
	found := 0
	for _, r := range record.Items {
		if r.Action == auditRebuild {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d rebuildings are on record, want 1: %+v", found, record)
	}

	for _, c := range []RebuildCmd{{Rollup: "show_money", Month: "2026-01"}, {Rollup: "nothing"}, {Rollup: "money_minute", Apply: true}} {
		c.Data, c.By = data, "ann"
		if err := c.Execute(ctx, t.Output(), t.Output()); err == nil || !strings.Contains(err.Error(), "invalid_field") {
			t.Errorf("%+v: got %v", c, err)
		}
	}
	info, err := os.Stat(filepath.Join(data, controlFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the way to the server can be read by others: %v %v", info, err)
	}
	spoil()
	p.kill()
	endEngine(t, data)
	if got := tell(true); !strings.Contains(got, "was rebuilt") {
		t.Errorf("told what was done: %s", got)
	}
	if _, err := os.Stat(filepath.Join(data, controlFile)); err == nil {
		t.Error("a server that has ended left its address")
	}
}
