package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// TestLadderAndErasure plays a buyer over real sockets, kills the server while
// the ladder is behind, finds them where they belong, and forgets them: the
// report of the same instant stays byte for byte, everything still agrees, and
// the facts in ClickHouse have another name.
func TestLadderAndErasure(t *testing.T) {
	data, addr := t.TempDir(), freeAddr(t)
	p := startProgram(t, data, addr)
	s := newStage(t, p.url, data, "m-up", "r-up", "Asia/Shanghai", good{"p1", "sku-1", 1000, 10})
	ctx := deadline(t, 3*time.Minute)
	v := s.viewer("zhang-san", "channel=private/group")
	defer v.close()
	for _, frame := range []object{
		{"type": "comment_sent", "data": object{"text": "my words"}},
		{"type": "followed", "data": object{}},
		{"type": "place_order", "data": object{"client_order_id": "c1", "lines": []object{{"sku_id": "sku-1", "qty": 1}}}},
	} {
		ack, err := v.do(ctx, frame)
		if err != nil || ack["ok"] != true {
			t.Fatalf("%v: %v %v", frame["type"], ack, err)
		}
		if frame["type"] == "place_order" {
			order := ack["data"].(object)["order_id"].(string)
			s.hook("w-1", s.paidFact(order, "pay-1", 1000))
		}
	}
	p.kill()
	p = startProgram(t, data, addr)

	var person struct {
		ID      string `json:"person_id"`
		Rung    string `json:"rung"`
		Touches []struct {
			Class string `json:"class"`
		} `json:"touches"`
		Reached []struct{ Rung string } `json:"reached"`
		Money   []struct {
			Net int64 `json:"gmv_net_minor"`
		} `json:"money"`
	}
	read := func(name string) {
		t.Helper()
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
			if status, raw, err := call(ctx, "GET", s.url+"/v1/people/"+name, s.operator, nil); err == nil && status == 200 {
				if err := json.Unmarshal(raw, &person); err != nil {
					t.Fatal(err)
				}
				if person.Rung == "customer" {
					return
				}
			}
		}
		t.Fatalf("%s is %+v", name, person)
	}
	read("zhang-san")
	if len(person.Touches) == 0 || person.Touches[0].Class != "show" || len(person.Reached) != 3 || person.Money[0].Net != 1000 {
		t.Errorf("the buyer: %+v", person)
	}

	s.command("end_show", object{})
	v.close()
	s.reconciled(time.Minute)
	as := time.Now().UTC().Format(time.RFC3339)
	time.Sleep(1100 * time.Millisecond) // so that the instant is over
	report := func() string {
		t.Helper()
		status, raw, err := call(ctx, "GET", s.path("/report?format=json&as_of="+as), s.merch, nil)
		if err != nil || status != 200 {
			t.Fatalf("report: %d %s %v", status, raw, err)
		}
		return string(raw)
	}
	before := report()
	if !strings.Contains(before, `"gmv_paid_minor":1000`) {
		t.Fatalf("the report has no sale: %s", before)
	}

	var erased struct {
		Person string `json:"person_id"`
	}
	must(t, "POST", s.url+"/v1/people/zhang-san/erase", s.merch, object{"reason": "asked by mail"}, &erased)
	for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		var list struct {
			Items []struct {
				FactsAt string `json:"facts_at"`
			} `json:"items"`
		}
		must(t, "GET", s.url+"/v1/erasures", s.merch, nil, &list)
		if len(list.Items) == 1 && list.Items[0].FactsAt != "" {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the facts were not renamed within a minute")
		}
	}
	if d := cmp.Diff(before, report()); d != "" {
		t.Errorf("the report of the same instant (-before +after):\n%s", d)
	}
	s.reconciled(time.Minute)
	read(erased.Person)
	auditor := s.tokens.sign(live.RoleAuditor, "au", "m-up")
	if status, raw, err := call(ctx, "GET", s.url+"/v1/people/zhang-san", auditor, nil); err != nil || status != 404 {
		t.Errorf("the old name: %d %s %v", status, raw, err)
	}
	p.stop(20 * time.Second)
}
