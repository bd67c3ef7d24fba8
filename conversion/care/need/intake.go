package need

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"showrunner/live"
)

// itself is who takes in what the log says.
var itself = live.Actor{ID: "showrunner", Role: live.RoleSystem}

// takeBatch bounds what one transaction takes in, so that orders do not wait.
const takeBatch = 64

// Take takes in the questions that viewers ask in rooms. Facts that were taken
// before change nothing, so a reader may give them again.
func (l *Loop) Take(ctx context.Context, entries []live.Entry) error {
	var batch []Wanted
	for i := range entries {
		if w, ok := heard(&entries[i].Event); ok {
			batch = append(batch, w)
		}
	}
	for len(batch) > 0 {
		n := min(len(batch), takeBatch)
		if err := l.takeSome(ctx, batch[:n]); err != nil {
			return fmt.Errorf("take in questions: %w", err)
		}
		batch = batch[n:]
	}
	return nil
}

// takeSome takes in several at once, or one by one when there is one among them
// that cannot be taken: it must not stop the reader.
func (l *Loop) takeSome(ctx context.Context, batch []Wanted) error {
	_, err := l.CaptureAll(ctx, batch, itself)
	var no *live.Error
	if !errors.As(err, &no) || no.Fault != live.FaultNotFound && no.Fault != live.FaultInvalid {
		return err
	}
	if len(batch) == 1 {
		return nil
	}
	for i := range batch {
		if err := l.takeSome(ctx, batch[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

func heard(e *live.Event) (Wanted, bool) {
	if e.Kind != live.QuestionAsked || !e.Counts() || e.Show == "" {
		return Wanted{}, false
	}
	var d struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(e.Data, &d) != nil || strings.TrimSpace(d.Text) == "" {
		return Wanted{}, false
	}
	return Wanted{Merchant: e.Merchant, Person: e.Person, Show: e.Show, Text: d.Text, Source: FromQuestion, Ref: string(e.ID), At: e.OccurredAt}, true
}
