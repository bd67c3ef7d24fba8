package live_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"showrunner/live"
)

func limits(t *testing.T, text string) (l live.BenefitLimits) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestBenefitLimitsValidate(t *testing.T) {
	for _, tc := range []struct{ limits, field string }{
		{`{}`, ""},
		{`{"red_packet_units":0,"draw_prize_units":0,"coupon_drops":0}`, ""},
		{`{"red_packet_units":20000,"red_packet_count":2000,"red_packet_month_limit":1000,"draw_prize_units":50000,"draw_winners":1000,"coupon_drop_minutes":1440,"coupon_drops":1000}`, ""},
		{`{"red_packet_units":20001}`, "red_packet_units"},
		{`{"red_packet_units":-1}`, "red_packet_units"},
		{`{"red_packet_count":0}`, "red_packet_count"},
		{`{"red_packet_month_limit":0}`, "red_packet_month_limit"},
		{`{"draw_prize_units":50001}`, "draw_prize_units"},
		{`{"draw_winners":1001}`, "draw_winners"},
		{`{"coupon_drop_minutes":1441}`, "coupon_drop_minutes"},
		{`{"coupon_drops":1001}`, "coupon_drops"},
	} {
		l := limits(t, tc.limits)
		err := l.Validate()
		var e *live.Error
		if tc.field == "" && err != nil || tc.field != "" && (!errors.As(err, &e) || e.Field != tc.field || e.Code != "invalid_field") {
			t.Errorf("%s: %v, want a refusal of %q", tc.limits, err, tc.field)
		}
	}
}

// Whichever way two limits meet, each member is the smaller one, and nothing of
// either is changed.
func TestBenefitLimitsNarrower(t *testing.T) {
	any := rapid.Custom(func(t *rapid.T) (l live.BenefitLimits) {
		for _, v := range reflect.ValueOf(&l).Elem().Fields() {
			if rapid.Bool().Draw(t, "set") {
				n := rapid.Int64Range(0, 9).Draw(t, "limit")
				v.Set(reflect.ValueOf(&n))
			}
		}
		return l
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := any.Draw(t, "a"), any.Draw(t, "b")
		before, _ := json.Marshal([]live.BenefitLimits{a, b})
		ab, ba := a.Narrower(b), b.Narrower(a)
		if after, _ := json.Marshal([]live.BenefitLimits{a, b}); string(after) != string(before) {
			t.Fatalf("%s became %s", before, after)
		}
		if !reflect.DeepEqual(ab, ba) {
			t.Fatalf("%+v and %+v", ab, ba)
		}
		va, vb, vn := reflect.ValueOf(a), reflect.ValueOf(b), reflect.ValueOf(ab)
		for i := range va.NumField() {
			x, y, n := va.Field(i).Interface().(*int64), vb.Field(i).Interface().(*int64), vn.Field(i).Interface().(*int64)
			switch {
			case x == nil && y == nil:
				if n != nil {
					t.Fatalf("member %d came from nowhere", i)
				}
			case n == nil, x != nil && *n > *x, y != nil && *n > *y, (x == nil || *n != *x) && (y == nil || *n != *y):
				t.Fatalf("member %d of %s is wrong", i, before)
			}
		}
	})
}
