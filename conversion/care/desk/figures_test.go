package desk

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion/care"
)

// TestFigures counts a day of sessions by hand.
func TestFigures(t *testing.T) {
	e := newEnv(t)
	ctx, from := t.Context(), e.now()
	if _, err := e.SetAnswers(ctx, "m1", owner, []care.Answer{{Title: "Sizes", Text: "110", Keywords: []string{"size"}}}); err != nil {
		t.Fatal(err)
	}
	e.online(li, 9)
	helped, rated, late := e.asks("p1"), e.asks("p2"), e.asks("p3")
	bot, err := e.Open(ctx, viewer("p4"), Open{Merchant: "m1", Text: "size"})
	if err != nil {
		t.Fatal(err)
	}
	own, err := e.Open(ctx, li, Open{Merchant: "m1", Person: "p1", Entry: "", Text: "how does it fit?", Kind: care.KindCare})
	if err != nil || !own.Existed {
		t.Fatalf("the agent goes on with the open session: %+v, %v", own, err)
	}
	e.advance(time.Minute)
	e.says(li, rated.ID, "yes")
	e.advance(3 * time.Minute)
	if _, err := e.Arrive(ctx, "m1", li, ""); err != nil { // her server says that she is there
		t.Fatal(err)
	}
	e.due()
	e.says(li, late.ID, "sorry")
	for _, id := range []string{helped.ID, rated.ID} {
		if _, err := e.Close(ctx, "m1", li, id, care.Resolved); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := e.Close(ctx, "m1", viewer("p4"), bot.Session.ID, care.Unresolved); err != nil {
		t.Fatal(err)
	}
	for id, score := range map[string]int64{"p1": 3, "p2": 4} {
		session := map[string]string{"p1": helped.ID, "p2": rated.ID}[id]
		if _, err := e.Rate(ctx, "m1", viewer(id), session, score); err != nil {
			t.Fatal(err)
		}
	}
	got, err := e.Figures(ctx, FigureFilter{Merchant: "m1", From: from, Until: from.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	want := Figures{
		Sessions: 4, WithBot: 4, HandedOver: 3, Opened: 4, BotOnly: 1, Asked: 3, Replied: 3, ReplyMS: 5 * 60_000, BusinessMS: 5 * 60_000, Late: 1,
		Closed: 3, Resolved: 2, ResolveMS: 3 * 4 * 60_000, RateAsked: 3, Rated: 2, Good: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
	none, err := e.Figures(ctx, FigureFilter{Merchant: "m2", From: from, Until: from.Add(time.Hour)})
	if err != nil || none != (Figures{}) {
		t.Errorf("of another merchant %+v, %v", none, err)
	}
	if his, err := e.Figures(ctx, FigureFilter{Merchant: "m1", From: from, Until: from.Add(time.Hour), Agent: "wang"}); err != nil || his != (Figures{}) {
		t.Errorf("of another agent %+v, %v", his, err)
	}
	if _, err := e.Figures(ctx, FigureFilter{Merchant: "m1", From: from, Until: from}); code(err) != "invalid_field" {
		t.Errorf("of no time: %v", err)
	}
}
