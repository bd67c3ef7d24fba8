package complaint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"showrunner/conversion/care/text"
	"showrunner/live"
	"showrunner/live/store"
)

const (
	// GuessFrom is how sure, in basis points, a classifier has to be before what
	// somebody wrote in a room is suggested as a complaint: most of what is written
	// there is none. Of who gives a low score or wants their money back it is known
	// that they are not content, so there any cause is worth a glance.
	GuessFrom = 7000
	// LowScore is up to which score a review may be a complaint.
	LowScore = 2
)

// itself is who takes in what the log says.
var itself = live.Actor{ID: "showrunner", Role: live.RoleSystem}

// Take takes in what facts of the log complain of: refunds by their reason, low
// reviews, and comments. What a rule says of a refund or a review is counted at
// once; what the model says, and all that is said in a room, is a suggestion,
// which counts when a person has confirmed it. Facts that
// were taken before change nothing, so a reader may give them again.
func (b *Book) Take(ctx context.Context, entries []live.Entry) error {
	for i := range entries {
		if !speaks(&entries[i].Event) {
			continue
		}
		_, classifier, err := b.words()
		if err != nil {
			return err
		}
		c, ok := heard(&entries[i].Event, classifier)
		if !ok {
			continue
		}
		if err := b.take(ctx, c); err != nil {
			return fmt.Errorf("take in a complaint of %s %s: %w", entries[i].Event.Kind, entries[i].Event.ID, err)
		}
	}
	return nil
}

// take opens a complaint that a reader heard. An order or a show that we do not
// know is left out; what cannot be taken at all must not stop the reader.
func (b *Book) take(ctx context.Context, c Claim) error {
	_, _, err := b.Open(ctx, c, itself)
	var no *live.Error
	if !errors.As(err, &no) {
		return err
	}
	switch no.Code {
	case "order_not_found":
		c.Order, c.Product = "", ""
		return b.take(ctx, c)
	case "show_not_found":
		c.Show = ""
		return b.take(ctx, c)
	}
	if no.Fault == live.FaultInvalid {
		return nil
	}
	return err
}

// speaks reports whether a fact may be a complaint by its kind.
func speaks(e *live.Event) bool {
	return !e.Rehearsal && (e.Kind == live.RefundRequested || e.Kind == live.RefundSucceeded || e.Kind == live.ReviewPosted || e.Kind == live.CommentSent)
}

// heard is what a fact complains of; ok is false for most.
func heard(e *live.Event, classifier *text.Classifier) (c Claim, ok bool) {
	c = Claim{Merchant: e.Merchant, Show: e.Show, Person: e.Person, Ref: string(e.ID), At: e.OccurredAt}
	if c.At.After(e.ReceivedAt) {
		c.At = e.ReceivedAt
	}
	var v text.Verdict
	switch e.Kind {
	case live.RefundRequested, live.RefundSucceeded:
		var d struct {
			Order  live.OrderID `json:"order_id"`
			Reason string       `json:"reason"`
		}
		if json.Unmarshal(e.Data, &d) != nil || d.Order == "" || strings.TrimSpace(d.Reason) == "" {
			return c, false
		}
		c.Source, c.Order = FromRefund, d.Order
		_, known := text.CauseOfRefund(d.Reason)
		switch {
		case known:
			c.Reason = d.Reason
		case isCode(d.Reason):
			return c, false // It states no cause, and is nobody's words.
		default:
			c.Text = d.Reason
		}
		v = classifier.ClassifyRefund(c.Reason, c.Text)
	case live.ReviewPosted:
		var d struct {
			Order live.OrderID `json:"order_id"`
			Score int64        `json:"score"`
			Text  string       `json:"text"`
		}
		if json.Unmarshal(e.Data, &d) != nil || d.Score > LowScore || strings.TrimSpace(d.Text) == "" {
			return c, false
		}
		c.Source, c.Order, c.Score, c.Text = FromReview, d.Order, d.Score, d.Text
		v = classifier.Classify(c.Text)
	case live.CommentSent:
		var d struct {
			Text string `json:"text"`
		}
		if !e.Counts() || json.Unmarshal(e.Data, &d) != nil || strings.TrimSpace(d.Text) == "" {
			return c, false
		}
		c.Source, c.Text = FromComment, d.Text
		v = classifier.Classify(c.Text)
	default:
		return c, false
	}
	kept := verdictOf(v)
	c.Verdict = &kept
	c.Guess = !kept.Rule || c.Source == FromComment
	return c, kept.Cause != Other && (c.Source != FromComment || kept.Confidence >= GuessFrom)
}

// isCode reports whether a reason is a platform's code, as REJECT_RECEIVE_PACKAGE:
// a letter is no word of it that the classifier could know.
func isCode(reason string) bool {
	return strings.ContainsAny(reason, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") && strings.Trim(reason, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// boughtOnce is the one order that somebody paid in a show, empty when they paid
// none or several: what they comment on is guessed from no more than that.
func boughtOnce(q store.Querier, m live.MerchantID, show live.ShowID, person live.PersonID) (live.OrderID, error) {
	names, err := q.Aliases(m, person)
	if err != nil {
		return "", err
	}
	var w store.Where
	w.Add("merchant_id = ?", string(m))
	w.Add("show_id = ?", string(show))
	w.Add("paid_at > 0")
	store.WhereIn(&w, "person_id", names)
	rows, err := q.Query(`SELECT order_id FROM orders`+w.SQL()+` LIMIT 2`, w.Args()...)
	list, err := store.Collect(rows, err, func(r store.Scanner) (id live.OrderID, err error) { return id, r.Scan(&id) })
	if err != nil {
		return "", fmt.Errorf("look for the order of a comment: %w", err)
	}
	if len(list) != 1 {
		return "", nil
	}
	return list[0], nil
}
