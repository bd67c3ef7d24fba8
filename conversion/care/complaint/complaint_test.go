package complaint

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
)

// TestLifeOfAComplaint walks one from its opening to the visit afterwards, and
// looks at what is told of each step.
func TestLifeOfAComplaint(t *testing.T) {
	e := newEnv(t)
	e.show("s1", "cup")
	e.paid("o1", "ming", "s1", "cup")
	e.facts("")
	c := e.open(Claim{Order: "o1", Text: "主播说是纯棉的，收到完全不是一回事，跟直播间说的不一样"})
	if c.State != Opened || c.Show != "s1" || c.Person != "ming" || c.Product != "cup" || c.Cause != PromotionMismatch || c.Evidence != 1 {
		t.Fatalf("opened as %+v", c)
	}
	if len(c.Machine.Because) == 0 || c.Machine.Confidence == 0 {
		t.Errorf("the machine does not say why: %+v", c.Machine)
	}
	c = e.turn(c.ID, Turn{Step: Correct, Cause: Quality})
	if c.Cause != Quality || c.HumanCause != Quality || c.Machine.Cause != PromotionMismatch || c.CorrectedBy != "op" {
		t.Errorf("a correction must stand beside the machine's verdict: %+v", c)
	}
	e.turn(c.ID, Turn{Step: Escalate, Note: "wants to speak to a manager"})
	e.turn(c.ID, Turn{Step: Mediate})
	c = e.turn(c.ID, Turn{Step: Resolve, Note: "sent a new one", After: 48 * time.Hour})
	if c.Resolution != "sent a new one" || !c.FollowUpAt.Equal(e.now().Add(48*time.Hour)) {
		t.Errorf("resolved as %+v", c)
	}
	_, err := e.book.Turn(t.Context(), merchant, c.ID, Turn{Step: Escalate, Note: "x"}, operator)
	refused(t, err, "wrong_state")
	c = e.turn(c.ID, Turn{Step: FollowUp, Note: "is content now", Score: 5})
	if c.Score != 5 || c.FollowedAt.IsZero() || !c.FollowUpAt.IsZero() {
		t.Errorf("followed up as %+v", c)
	}
	e.turn(c.ID, Turn{Step: Reopen, Note: "broke again"})
	e.turn(c.ID, Turn{Step: Withdraw, Note: "was my fault"})

	history, err := e.book.History(t.Context(), merchant, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, h := range history {
		steps = append(steps, h.Step)
		if h.Actor != "op" || h.Role != live.RoleOperator || h.At.IsZero() {
			t.Errorf("step %s does not say who and when: %+v", h.Step, h)
		}
	}
	if want := []string{"open", "correct", "escalate", "mediate", "resolve", "follow_up", "reopen", "withdraw"}; !slices.Equal(steps, want) {
		t.Errorf("steps %v, want %v", steps, want)
	}
	var kinds []live.Kind
	for _, f := range e.facts("") {
		kinds = append(kinds, f.Kind)
		if f.Person != "ming" || f.Show != "s1" || f.Room != "r1" {
			t.Errorf("%s is of %q in %q of %q", f.Kind, f.Person, f.Show, f.Room)
		}
	}
	want := []live.Kind{
		live.ComplaintOpened, live.ComplaintClassified, live.KeywordsExtracted, live.ComplaintClassified, live.ComplaintEscalated, live.ComplaintMediated,
		live.ComplaintResolved, live.FollowupDone, live.ComplaintReopened, live.ComplaintWithdrawn,
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("told %v, want %v", kinds, want)
	}
}

// TestToldTwice: the same cause of the same order is one complaint, whoever tells
// it and how often, and a fact that is read again is nothing new.
func TestToldTwice(t *testing.T) {
	e := newEnv(t)
	e.show("s1", "cup", "pot")
	e.paid("o1", "ming", "s1", "cup")
	refund := e.fact(live.RefundSucceeded, "ming", "s1", map[string]any{"order_id": "o1", "reason": "NOT_MATCH_PRODUCT_DESC"})
	e.take(refund, refund)
	e.take(refund)
	c := e.open(Claim{Order: "o1", Text: "not what the host said", Cause: PromotionMismatch, Session: "ss-1"})
	if c.Evidence != 2 || c.State != Opened || c.Session != "ss-1" {
		t.Errorf("told by a refund and at the desk: %+v", c)
	}
	e.turn(c.ID, Turn{Step: Resolve, Note: "explained"})
	if c = e.open(Claim{Order: "o1", Text: "no, still not", Cause: PromotionMismatch}); c.State != Reopened || c.Evidence != 3 {
		t.Errorf("told again after it was resolved: %+v", c)
	}
	if other := e.open(Claim{Order: "o1", Text: "and it broke", Cause: Quality}); other.ID == c.ID {
		t.Error("another cause of the order is the same complaint")
	} else {
		_, err := e.book.Turn(t.Context(), merchant, other.ID, Turn{Step: Correct, Cause: PromotionMismatch}, operator)
		refused(t, err, "complaint_exists")
	}
	e.turn(c.ID, Turn{Step: Withdraw, Note: "by mistake"})
	if again := e.open(Claim{Order: "o1", Text: "not as told", Cause: PromotionMismatch}); again.ID == c.ID {
		t.Error("what was withdrawn is told again as the same")
	}
	if n := len(e.list(Filter{})); n != 3 {
		t.Errorf("%d complaints, want 3", n)
	}
}

// TestReasonsOfRefunds: codes of buyers who changed their mind are no complaints.
func TestReasonsOfRefunds(t *testing.T) {
	e := newEnv(t)
	e.show("s1", "cup")
	want := map[string]Cause{
		"NOT_MATCH_PRODUCT_DESC": PromotionMismatch, "QUALITY_ISSUE": Quality, "THREE_NO_PRODUCT": Quality, "FAKE_PRODUCT": Quality,
		"SEND_WRONG_GOODS": Logistics, "EMPTY_PACKAGE": Logistics, "NO_EXPRESS_INFO": Logistics, "NOT_DELIVERED_TOO_LONG": Logistics,
		"NO_LONGER_WANT": "", "INCORRECT_SELECTION": "", "OTHERS": "", "REJECT_RECEIVE_PACKAGE": "", "": "",
	}
	for reason, cause := range want {
		order := "o-" + reason
		e.paid(order, "p"+reason, "s1", "cup")
		e.take(e.fact(live.RefundRequested, "p", "s1", map[string]any{"order_id": order, "reason": reason}),
			e.fact(live.RefundSucceeded, "p", "s1", map[string]any{"order_id": order, "reason": reason}))
		list := e.list(Filter{Order: live.OrderID(order)})
		switch {
		case cause == "" && len(list) == 0:
		case cause != "" && len(list) == 1 && list[0].Cause == cause && list[0].State == Opened && list[0].Machine.Rule && list[0].Evidence == 2 && list[0].Source == FromRefund:
		default:
			t.Errorf("reason %q: %+v, want one open complaint of cause %q", reason, list, cause)
		}
	}
	// Words are read, and an order nobody told us of loses nothing but its order.
	e.take(e.fact(live.RefundSucceeded, "p9", "s1", map[string]any{"order_id": "never-seen", "reason": "QUALITY_ISSUE"}))
	if list := e.list(Filter{Person: "p9"}); len(list) != 1 || list[0].Order != "" || list[0].Cause != Quality {
		t.Errorf("of an order that is not known: %+v", list)
	}
}

// TestSuggestions: what the model guesses is in no figure before a person has
// confirmed it, and what is no complaint is not even suggested.
func TestSuggestions(t *testing.T) {
	e := newEnv(t)
	e.show("s1", "cup")
	e.paid("o1", "ming", "s1", "cup")
	e.paid("o2", "hong", "s1", "cup")
	e.take(
		e.fact(live.CommentSent, "ming", "s1", map[string]any{"text": "主播好漂亮，支持支持"}),
		e.fact(live.CommentSent, "ming", "s1", map[string]any{"text": "多少钱一个？"}),
		e.fact(live.ReviewPosted, "hong", "", map[string]any{"order_id": "o2", "score": 5, "text": "质量很好，用了一周没问题"}),
		e.fact(live.ReviewPosted, "hong", "", map[string]any{"order_id": "o2", "score": 1, "text": "杯子用了三天就裂开漏水，做工太差质量不行"}),
	)
	all := e.list(Filter{})
	if len(all) != 1 || all[0].Order != "o2" || all[0].Cause != Quality || all[0].Source != FromReview {
		t.Fatalf("of two comments and two reviews came %+v", all)
	}
	c := all[0]
	f := e.figures(FigureQuestion{Show: "s1"})
	counted := int64(0)
	if c.Machine.Rule {
		counted = 1
	}
	if f.Complaints != counted || f.Suggested != 1-counted || f.Paid != 2 {
		t.Errorf("figures %+v of one %s", f, c.State)
	}
	// A guess: the verdict is given, so that the test does not depend on the model.
	guess := Verdict{Cause: Logistics, Confidence: 9000, Because: []Reason{}}
	g := e.open(Claim{Show: "s1", Person: "lan", Text: "怎么还没到", Verdict: &guess, Guess: true, Source: FromComment, Ref: "x1"})
	if g.State != Suggested {
		t.Fatalf("a guess is %s", g.State)
	}
	e.facts("")
	if f := e.figures(FigureQuestion{}); f.OrderLess != 0 || f.Suggested != 2-counted {
		t.Errorf("a guess counts: %+v", f)
	}
	e.turn(g.ID, Turn{Step: Confirm})
	if told := e.facts(live.ComplaintOpened); len(told) != 1 {
		t.Errorf("a confirmed suggestion is told %d times", len(told))
	}
	if f := e.figures(FigureQuestion{}); f.OrderLess != 1 {
		t.Errorf("a confirmed suggestion does not count: %+v", f)
	}
	d := e.open(Claim{Show: "s1", Person: "lan", Text: "差评", Verdict: &Verdict{Cause: Quality, Confidence: 9000}, Guess: true, Source: FromComment, Ref: "x2"})
	e.turn(d.ID, Turn{Step: Dismiss, Note: "a joke"})
	if f := e.figures(FigureQuestion{}); f.OrderLess != 1 || f.Suggested != 1-counted {
		t.Errorf("a dismissed suggestion counts: %+v", f)
	}
}

// TestCommentFindsItsOrder: of who paid one order in the show, that one; of who
// paid two, none.
func TestCommentFindsItsOrder(t *testing.T) {
	e := newEnv(t)
	e.show("s1", "cup")
	e.paid("o1", "one", "s1", "cup")
	e.paid("o2", "two", "s1", "cup")
	e.paid("o3", "two", "s1", "cup")
	for _, who := range []string{"one", "two", "none"} {
		e.open(Claim{Show: "s1", Person: live.PersonID(who), Text: "坏了", Verdict: &Verdict{Cause: Quality, Confidence: 9000}, Guess: true, Source: FromComment, Ref: "c-" + who})
	}
	for who, want := range map[string]live.OrderID{"one": "o1", "two": "", "none": ""} {
		list := e.list(Filter{Person: live.PersonID(who)})
		if len(list) != 1 || list[0].Order != want {
			t.Errorf("the comment of %s is of %+v, want order %q", who, list, want)
		}
	}
}

// TestAgentsSeeTheirOwn.
func TestAgentsSeeTheirOwn(t *testing.T) {
	e := newEnv(t)
	ctx := t.Context()
	mine, _, err := e.book.Open(ctx, Claim{Merchant: "m1", Text: "坏了", Source: FromDesk}, agent.Actor())
	if err != nil {
		t.Fatal(err)
	}
	other := e.open(Claim{Text: "也坏了"})
	reach := care.ReachOf("m1", agent)
	list, _, err := e.book.Complaints(ctx, Filter{Reach: reach})
	if err != nil || len(list) != 1 || list[0].ID != mine.ID {
		t.Errorf("the agent sees %+v, %v", list, err)
	}
	_, err = e.book.Complaint(ctx, reach, other.ID)
	refused(t, err, "complaint_not_found")
	_, err = e.book.Turn(ctx, reach, other.ID, Turn{Step: Escalate, Note: "x"}, agent)
	refused(t, err, "complaint_not_found")
	_, err = e.book.Complaint(ctx, care.Reach{Merchant: "m2"}, mine.ID)
	refused(t, err, "complaint_not_found")
	e.turn(other.ID, Turn{Step: Assign, Agent: "agent-1"})
	if _, err := e.book.Complaint(ctx, reach, other.ID); err != nil {
		t.Errorf("an assigned complaint is not the agent's: %v", err)
	}
}

// TestClaimsAreChecked.
func TestClaimsAreChecked(t *testing.T) {
	e := newEnv(t)
	e.show("s1", "cup", "pot")
	e.paid("o1", "ming", "s1", "cup")
	long := ""
	for range MaxText + 1 {
		long += "长"
	}
	for name, tc := range map[string]struct {
		claim Claim
		code  string
	}{
		"no text":             {Claim{}, "invalid_field"},
		"too long":            {Claim{Text: long}, "invalid_field"},
		"no order":            {Claim{Text: "x", Order: "o9"}, "order_not_found"},
		"no show":             {Claim{Text: "x", Show: "s9"}, "show_not_found"},
		"not in the order":    {Claim{Text: "x", Order: "o1", Product: "pot"}, "invalid_field"},
		"no cause":            {Claim{Text: "x", Cause: "bad"}, "invalid_field"},
		"not an identifier":   {Claim{Text: "x", Session: "a b"}, "invalid_field"},
		"order of a stranger": {Claim{Text: "x", Order: "o1", Merchant: "m2"}, "order_not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.claim.Merchant == "" {
				tc.claim.Merchant = "m1"
			}
			_, _, err := e.book.Open(t.Context(), tc.claim, operator.Actor())
			refused(t, err, tc.code)
		})
	}
}

// TestPages goes over a list of complaints page by page.
func TestPages(t *testing.T) {
	e := newEnv(t)
	for i := range 7 {
		e.wait(time.Second)
		e.open(Claim{Text: fmt.Sprint("坏了", i)})
	}
	seen, cursor := map[string]bool{}, ""
	for range 4 {
		list, next, err := e.book.Complaints(t.Context(), Filter{Reach: merchant, Cursor: cursor, Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			seen[c.ID] = true
		}
		if cursor = next; next == "" {
			break
		}
	}
	if len(seen) != 7 || cursor != "" {
		t.Errorf("%d of 7 on pages, cursor %q", len(seen), cursor)
	}
}
