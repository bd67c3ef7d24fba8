package api

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"showrunner/live"
)

// FuzzWebhook: whatever the body, its facts are read or refused with a code and
// a path, and no amount is ever negative or beyond its bounds.
func FuzzWebhook(f *testing.F) {
	for _, s := range []string{
		`{"type":"order_paid","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","payment_id":"p","paid_minor":1,"currency":"CNY"}}`,
		`[{"type":"order_created","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","currency":"CNY","lines":[{"line_id":"1","sku_id":"s","qty":1,"goods_minor":5,"x":{"y":[1]}}]}}]`,
		`{"type":"refund_succeeded","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","refund_id":"r","currency":"CNY","lines":[{"sku_id":"s","goods_minor":1}]}}`,
		`{"type":"order_cancelled","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","cancel_type":"user"}}`,
		`[]`, `[[]]`, `{}`, `{"data":{}}`, `[1,2]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := splitFacts(body)
		if err != nil {
			return
		}
		if len(list) == 0 || len(list) > maxFacts {
			t.Errorf("%d facts", len(list))
		}
		for _, raw := range list {
			if !json.Valid(raw) {
				t.Fatalf("cut out %q, which is not JSON", raw)
			}
			var w WebhookFact
			if factShape.into(raw, &w) != nil {
				continue
			}
			fact, err := decodeFact(live.Kind(w.Type), w.Data)
			if err != nil {
				var e *live.Error
				if !errors.As(err, &e) || e.Code == "" || e.Field == "" {
					t.Errorf("refused without code and path: %v", err)
				}
				continue
			}
			amounts := []int64{fact.PaidMinor}
			for _, l := range fact.Lines {
				amounts = append(amounts, l.Goods, l.Discount, l.Subsidy, l.Shipping, l.Tax)
			}
			for _, r := range fact.Refunds {
				amounts = append(amounts, r.Goods, r.Shipping)
			}
			for _, n := range amounts {
				if n < 0 || n > live.MaxMinor {
					t.Errorf("an amount of %d got through: %s", n, raw)
				}
			}
		}
	})
}

// FuzzSplitEvents: an array is cut exactly where the standard decoder cuts it.
func FuzzSplitEvents(f *testing.F) {
	for _, s := range []string{`[]`, `[{}]`, `[1, "a,]" ,{"a":[1,{"b":"\"}"}]}, null,true ]`, `[[[]],[]]`, `{}`, `[`, "[\"\\\\\",2]"} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Add([]byte("{}\n\n[]\r\n{\"a\":1}"), true)
	f.Fuzz(func(t *testing.T, body []byte, lines bool) {
		if lines {
			items, err := splitEvents(body, ndjsonType)
			if err == nil && (len(items) == 0 || len(items) > MaxBatch) {
				t.Errorf("%d lines", len(items))
			}
			return
		}
		items, err := splitEvents(body, "application/json")
		var want []json.RawMessage
		if json.Unmarshal(body, &want) != nil || len(want) == 0 {
			if err == nil {
				t.Errorf("took %q for %d events", body, len(items))
			}
			return
		}
		if len(want) <= MaxBatch && !reflect.DeepEqual(texts(items), texts(want)) {
			t.Errorf("cut %q into %q, want %q", body, items, want)
		}
	})
}

func texts(items []json.RawMessage) []string {
	out := make([]string, len(items))
	for i, raw := range items {
		out[i] = string(raw)
	}
	return out
}
