package live_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"showrunner/live"
)

func TestCouponSplit(t *testing.T) {
	lines := []live.OrderLine{{Product: "p1", SKU: "a", Goods: 1000}, {Product: "p2", SKU: "b", Goods: 500}, {Product: "p2", SKU: "c", Goods: 501}}
	for name, tc := range map[string]struct {
		b    live.CouponBatch
		want [3]int64
		why  string
	}{
		"amount":            {live.CouponBatch{Kind: live.CouponAmount, Off: 400}, [3]int64{200, 100, 100}, ""},
		"more than goods":   {live.CouponBatch{Kind: live.CouponAmount, Off: 5000}, [3]int64{1000, 500, 501}, ""},
		"percent":           {live.CouponBatch{Kind: live.CouponPercent, OffBPS: 1250}, [3]int64{125, 62, 63}, ""}, // 250.125 rounds down
		"percent, capped":   {live.CouponBatch{Kind: live.CouponPercent, OffBPS: 10_000, Cap: 2}, [3]int64{1, 0, 1}, ""},
		"all of it":         {live.CouponBatch{Kind: live.CouponPercent, OffBPS: 10_000}, [3]int64{1000, 500, 501}, ""},
		"one product":       {live.CouponBatch{Kind: live.CouponAmount, Off: 600, Products: []live.ProductID{"p2"}}, [3]int64{0, 300, 300}, ""},
		"one SKU":           {live.CouponBatch{Kind: live.CouponAmount, Off: 600, SKUs: []live.SKUID{"b"}}, [3]int64{0, 500, 0}, ""},
		"either":            {live.CouponBatch{Kind: live.CouponAmount, Off: 3, Products: []live.ProductID{"p1"}, SKUs: []live.SKUID{"b"}}, [3]int64{2, 1, 0}, ""},
		"nothing in scope":  {live.CouponBatch{Kind: live.CouponAmount, Off: 600, SKUs: []live.SKUID{"z"}}, [3]int64{}, "out_of_scope"},
		"threshold":         {live.CouponBatch{Kind: live.CouponAmount, Off: 1, Threshold: 2001}, [3]int64{1, 0, 0}, ""},
		"below threshold":   {live.CouponBatch{Kind: live.CouponAmount, Off: 1, Threshold: 2002}, [3]int64{}, "below_threshold"},
		"threshold, scoped": {live.CouponBatch{Kind: live.CouponAmount, Off: 1, Threshold: 1002, Products: []live.ProductID{"p2"}}, [3]int64{}, "below_threshold"},
		"gives nothing":     {live.CouponBatch{Kind: live.CouponPercent, OffBPS: 1}, [3]int64{}, "gives_nothing"},
	} {
		got, err := tc.b.Split(lines)
		if tc.why != "" {
			var e *live.Error
			if !errors.As(err, &e) || e.Code != "coupon_not_usable" || e.Data["reason"] != tc.why {
				t.Errorf("%s: %v, want %s", name, err, tc.why)
			}
			continue
		}
		if err != nil || [3]int64(got) != tc.want {
			t.Errorf("%s: %v, %v, want %v", name, got, err, tc.want)
		}
	}
}

// Whatever the coupon and the lines: the sum is what the terms say, no line goes
// below zero and none outside the scope is touched.
func TestCouponSplitIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := make([]live.OrderLine, rapid.IntRange(1, 12).Draw(t, "lines"))
		scoped := rapid.Bool().Draw(t, "scoped")
		var goods int64
		for i := range lines {
			lines[i] = live.OrderLine{SKU: rapid.SampledFrom([]live.SKUID{"in", "out"}).Draw(t, "sku"), Goods: rapid.Int64Range(0, live.MaxMinor).Draw(t, "goods")}
			if !scoped || lines[i].SKU == "in" {
				goods += lines[i].Goods
			}
		}
		b := live.CouponBatch{Kind: live.CouponAmount, Off: rapid.Int64Range(1, live.MaxMinor).Draw(t, "off")}
		want := min(b.Off, goods)
		if rapid.Bool().Draw(t, "percent") {
			b = live.CouponBatch{Kind: live.CouponPercent, OffBPS: rapid.Int64Range(1, live.WholeBPS).Draw(t, "bps"), Cap: rapid.Int64Range(0, 5000).Draw(t, "cap")}
			// goods x bps overflows: divide first, then the rest.
			want = goods/live.WholeBPS*b.OffBPS + goods%live.WholeBPS*b.OffBPS/live.WholeBPS
			if b.Cap > 0 {
				want = min(want, b.Cap)
			}
		}
		if scoped {
			b.SKUs = []live.SKUID{"in"}
		}
		shares, err := b.Split(lines)
		if err != nil {
			if want != 0 {
				t.Fatalf("refused %d: %v", want, err)
			}
			return
		}
		var sum int64
		for i, s := range shares {
			sum += s
			if s < 0 || s > lines[i].Goods || scoped && lines[i].SKU == "out" && s != 0 {
				t.Fatalf("line %+v loses %d", lines[i], s)
			}
		}
		if sum != want {
			t.Fatalf("the lines lose %d, the coupon takes off %d", sum, want)
		}
	})
}

func TestCouponExpiry(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for i, tc := range []struct {
		ends time.Time
		span time.Duration
		want time.Time
	}{
		{time.Time{}, 0, time.Time{}},
		{at.Add(time.Hour), 0, at.Add(time.Hour)},
		{time.Time{}, time.Minute, at.Add(time.Minute)},
		{at.Add(time.Hour), time.Minute, at.Add(time.Minute)},
		{at.Add(time.Second), time.Minute, at.Add(time.Second)},
	} {
		if got := (&live.CouponBatch{EndsAt: tc.ends, ValidFor: tc.span}).ExpiresAt(at); !got.Equal(tc.want) {
			t.Errorf("%d: %v, want %v", i, got, tc.want)
		}
	}
}

func TestCouponBatchValidates(t *testing.T) {
	good := live.CouponBatch{ID: "b", Title: "T", Kind: live.CouponAmount, Off: 1, Currency: "CNY", Total: 1, PerPerson: 1}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*live.CouponBatch){
		"batch_id":        func(b *live.CouponBatch) { b.ID = "b b" },
		"title":           func(b *live.CouponBatch) { b.Title = "" },
		"currency":        func(b *live.CouponBatch) { b.Currency = "XXX" },
		"kind":            func(b *live.CouponBatch) { b.Kind = "gift" },
		"off_minor":       func(b *live.CouponBatch) { b.Cap = 5 },
		"off_bps":         func(b *live.CouponBatch) { b.Kind, b.Off, b.OffBPS = live.CouponPercent, 0, live.WholeBPS+1 },
		"cap_minor":       func(b *live.CouponBatch) { b.Kind, b.Off, b.OffBPS, b.Cap = live.CouponPercent, 0, 1, -1 },
		"threshold_minor": func(b *live.CouponBatch) { b.Threshold = -1 },
		"total":           func(b *live.CouponBatch) { b.Total = 0 },
		"per_person":      func(b *live.CouponBatch) { b.PerPerson = live.MaxCouponsEach + 1 },
		"ends_at":         func(b *live.CouponBatch) { b.StartsAt, b.EndsAt = time.Unix(9, 0), time.Unix(9, 0) },
		"valid_for_s":     func(b *live.CouponBatch) { b.ValidFor = time.Millisecond },
		"product_ids":     func(b *live.CouponBatch) { b.Products = []live.ProductID{"a b"} },
		"sku_ids":         func(b *live.CouponBatch) { b.SKUs = make([]live.SKUID, live.MaxCouponScope+1) },
	} {
		b := good
		change(&b)
		var e *live.Error
		if err := b.Validate(); !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
