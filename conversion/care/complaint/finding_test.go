package complaint

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"showrunner/live"
)

// TestFindingsWorked walks a finding from its complaints to the proof, over
// orders of which it is known who complained.
func TestFindingsWorked(t *testing.T) {
	e := newEnv(t)
	ctx := t.Context()
	e.show("s1", "cup", "pot")
	order := 0
	// sell sells cups and pots, and has so many of the cups complained of, each
	// after an hour and one more too late for the horizon.
	sell := func(cups, complained int) {
		first := order
		for range cups {
			e.paid(fmt.Sprint("o", order), fmt.Sprint("p", order), "s1", "cup")
			order++
			e.paid(fmt.Sprint("o", order), fmt.Sprint("p", order), "s1", "pot")
			order++
		}
		e.wait(time.Hour)
		for i := range complained {
			e.open(Claim{Order: live.OrderID(fmt.Sprint("o", first+2*i)), Text: "跟说的不一样", Cause: PromotionMismatch})
		}
		e.open(Claim{Order: live.OrderID(fmt.Sprint("o", first+1)), Text: "锅也不一样", Cause: PromotionMismatch})
		e.wait(72 * time.Hour)
		e.open(Claim{Order: live.OrderID(fmt.Sprint("o", first+2*complained)), Text: "跟说的不一样", Cause: PromotionMismatch})
	}
	sell(40, 12)
	_, err := e.book.Find(ctx, NewFinding{Merchant: "m1", Title: "t", Cause: Quality}, operator)
	refused(t, err, "no_evidence")
	f, err := e.book.Find(ctx, NewFinding{Merchant: "m1", Title: "不要说「纯棉」", Cause: PromotionMismatch, Product: "cup", Terms: []string{"纯棉"}}, operator)
	if err != nil {
		t.Fatal(err)
	}
	if f.ProductTitle != "title of cup" {
		t.Errorf("the product of the finding is called %q", f.ProductTitle)
	}
	if f.State != FindingOpen || len(f.Evidence) != 13 {
		t.Fatalf("found %+v with %d complaints, want 13", f.State, len(f.Evidence))
	}
	_, err = e.book.Decide(ctx, "m1", f.ID, true, "say it right", operator)
	refused(t, err, "wrong_state")
	if f, err = e.book.Route(ctx, "m1", f.ID, Route{Stage: StagePromotion, Owner: "lin", Due: e.now().Add(24 * time.Hour)}, operator); err != nil || f.Department != "promotion" {
		t.Fatalf("routed %+v, %v", f, err)
	}
	if f.Overdue(e.now()) || !f.Overdue(e.now().Add(25*time.Hour)) {
		t.Error("overdue is not after the due date")
	}
	e.wait(30 * time.Hour)
	if late, _, err := e.book.Findings(ctx, FindingFilter{Merchant: "m1", Overdue: e.now()}); err != nil || len(late) != 1 || late[0].ProductTitle != "title of cup" {
		t.Errorf("overdue: %d, %v", len(late), err)
	}
	if f, err = e.book.Decide(ctx, "m1", f.ID, true, "说「含棉 60%」", operator); err != nil || f.State != FindingAdopted {
		t.Fatalf("adopted %+v, %v", f, err)
	}
	verify := func() *Verification {
		t.Helper()
		f, err := e.book.Verify(ctx, "m1", f.ID, 30*24*time.Hour, 48*time.Hour, operator)
		if err != nil {
			t.Fatal(err)
		}
		return f.Verified
	}
	if v := verify(); v.Outcome != TooSmall || v.Before != (Share{Of: 12, All: 40}) || v.After != (Share{}) {
		t.Errorf("at once: %+v", v)
	}
	sell(50, 2)
	if v := verify(); v.Outcome != Fell || v.Before != (Share{Of: 12, All: 40}) || v.After != (Share{Of: 2, All: 50}) || v.Waiting != 0 {
		t.Errorf("after 50 more cups: %+v", v)
	}
	// The newest orders have not had the horizon: they are no success yet.
	for range 20 {
		e.paid(fmt.Sprint("o", order), "x", "s1", "cup")
		order++
	}
	if v := verify(); v.After != (Share{Of: 2, All: 50}) || v.Waiting != 20 {
		t.Errorf("with 20 cups sold just now: %+v", v)
	}
	if told := e.facts(live.FeedbackVerified); len(told) != 3 {
		t.Errorf("told %d times of three measurements", len(told))
	}
	list, err := e.book.Adoptions(ctx, "m1", time.Time{}, time.Time{}, e.now())
	if err != nil || len(list) != 1 || list[0] != (Adoption{Department: "promotion", Routed: 1, Adopted: 1, Late: 1}) {
		t.Errorf("adoption %+v, %v", list, err)
	}
	steps, err := e.book.FindingHistory(ctx, "m1", f.ID)
	if err != nil || len(steps) != 6 || steps[0].Step != "create" || steps[2].Step != "adopt" {
		t.Errorf("steps %+v, %v", steps, err)
	}
	_, err = e.book.Finding(ctx, "m2", f.ID)
	refused(t, err, "finding_not_found")
}

// TestBriefReachesTheHost: drafted of what is open about the shelf, edited,
// published, told to the panels, read, and published again.
func TestBriefReachesTheHost(t *testing.T) {
	e := newEnv(t)
	ctx := t.Context()
	e.show("s1", "cup", "pot")
	e.show("s2", "cup")
	e.paid("o1", "ming", "s1", "cup")
	e.paid("o2", "hong", "s1", "pot")
	for _, c := range []struct {
		order   live.OrderID
		product live.ProductID
		cause   Cause
		title   string
	}{
		{"o1", "cup", PromotionMismatch, "不要说不碎"},
		{"o1", "cup", UnclearPolicy, "退换规则"},
		{"o2", "pot", Quality, "锅漏水"}, // not on the shelf of s2
	} {
		e.open(Claim{Order: c.order, Text: "不好", Cause: c.cause})
		if _, err := e.book.Find(ctx, NewFinding{Merchant: "m1", Title: c.title, Cause: c.cause, Product: c.product}, operator); err != nil {
			t.Fatal(err)
		}
	}
	_, err := e.book.Publish(ctx, "m1", "s2", operator)
	refused(t, err, "brief_not_found")
	b, err := e.book.Draft(ctx, "m1", "s2", operator)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Items) != 2 || b.Items[0].Kind != ItemClaim || b.Items[0].Text != "不要说不碎" || b.Items[0].Complaints != 1 || b.Items[1].Kind != ItemPolicy {
		t.Fatalf("drafted %+v", b.Items)
	}
	b.Items[0].Answer, b.Items[0].ProductTitle = "说「轻轻放」", "what somebody else says it is"
	if _, err := e.book.Edit(ctx, "m1", "s2", b.Items, operator); err != nil {
		t.Fatal(err)
	}
	e.facts("")
	if b, err = e.book.Publish(ctx, "m1", "s2", operator); err != nil || b.Version != 1 || len(b.Published) != 2 || b.Stale() || b.ReadByHost() {
		t.Fatalf("published %+v, %v", b, err)
	}
	for _, it := range append(slices.Clone(b.Items), b.Published...) {
		if it.Product != "cup" || it.ProductTitle != "title of cup" {
			t.Errorf("an item is of %s, called %q", it.Product, it.ProductTitle)
		}
	}
	told := e.facts(live.ShowBriefPublished)
	if len(told) != 1 || told[0].Room != "r1" || told[0].Show != "s2" {
		t.Fatalf("told %+v", told)
	}
	if spec, _ := live.SpecOf(live.ShowBriefPublished); spec.Audience != live.AudiencePanel {
		t.Error("viewers are told of a brief")
	}
	_, err = e.book.Acknowledge(ctx, "m1", "s2", 2, host)
	refused(t, err, "version_mismatch")
	for range 2 {
		if b, err = e.book.Acknowledge(ctx, "m1", "s2", 1, host); err != nil || !b.ReadByHost() || len(b.Reads) != 1 {
			t.Fatalf("read %+v, %v", b.Reads, err)
		}
	}
	if n := len(e.facts(live.ShowBriefRead)); n != 1 {
		t.Errorf("told %d times that it was read", n)
	}
	e.wait(time.Second)
	if b, err = e.book.Edit(ctx, "m1", "s2", b.Items[:1], operator); err != nil || !b.Stale() || len(b.Published) != 2 {
		t.Errorf("edited %+v, %v", b, err)
	}
	if b, err = e.book.Publish(ctx, "m1", "s2", operator); err != nil || b.Version != 2 || b.ReadByHost() {
		t.Errorf("published again: %+v, %v", b, err)
	}
	items, version, ok, err := e.book.BriefBefore(ctx, "m1", "s2", e.now().Add(-time.Millisecond))
	if err != nil || !ok || version != 1 || len(items) != 2 {
		t.Errorf("before that stood version %d of %d items, %v", version, len(items), err)
	}
	// What the next show is told is what was published last until then.
	for _, c := range []struct {
		at    time.Duration
		show  live.ShowID
		next  live.ShowID
		items int
	}{{0, "s1", "s2", 1}, {-time.Millisecond, "s1", "s2", 2}, {-time.Hour, "s1", "", 0}, {0, "s2", "", 0}} {
		next, items, err := e.book.NextBrief(ctx, "m1", c.show, e.now().Add(c.at))
		if err != nil || next != c.next || len(items) != c.items {
			t.Errorf("after %s, at %s: %s is told %+v, %v", c.show, c.at, next, items, err)
		}
	}
	_, _, err = e.book.NextBrief(ctx, "m2", "s1", e.now())
	refused(t, err, "show_not_found")
	list, _, err := e.book.Briefs(ctx, "m1", "", 10)
	if err != nil || len(list) != 1 || list[0].Version != 2 {
		t.Errorf("list %+v, %v", list, err)
	}
	_, err = e.book.Edit(ctx, "m1", "s2", []Item{{Kind: "x", Text: "y"}}, operator)
	refused(t, err, "invalid_field")
	_, err = e.book.Brief(ctx, "m2", "s2")
	refused(t, err, "brief_not_found")
	_, err = e.book.Draft(ctx, "m2", "s2", operator)
	refused(t, err, "show_not_found")
}

// TestKeywordsStandOut: what is said of one product and not of the others.
func TestKeywordsStandOut(t *testing.T) {
	e := newEnv(t)
	e.show("s1", "shirt", "lamp")
	for i := range 12 {
		e.paid(fmt.Sprint("a", i), fmt.Sprint("p", i), "s1", "shirt")
		e.paid(fmt.Sprint("b", i), fmt.Sprint("q", i), "s1", "lamp")
		e.open(Claim{Order: live.OrderID(fmt.Sprint("a", i)), Text: "衣服起球，收到的衣服和说的不一样", Cause: Quality})
		e.open(Claim{Order: live.OrderID(fmt.Sprint("b", i)), Text: "台灯不亮，收到的台灯和说的不一样", Cause: Quality})
	}
	for product, word := range map[live.ProductID]string{"shirt": "衣服", "lamp": "台灯"} {
		k, err := e.book.Keywords(t.Context(), KeywordQuestion{Reach: merchant, Product: product, Most: 3})
		if err != nil || k.Documents != 12 || k.Background != 12 {
			t.Fatalf("%d against %d, %v", k.Documents, k.Background, err)
		}
		found := false
		for _, w := range k.List {
			found = found || w.Term == word && w.Score > 1.96
			if w.Term == "不一样" && w.Score != 0 {
				t.Errorf("what is said of both stands out: %+v", w)
			}
		}
		if !found {
			t.Errorf("%q does not stand out of %s: %+v", word, product, k.List)
		}
	}
}
