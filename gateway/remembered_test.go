package gateway_test

import (
	"context"
	"slices"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/care/temperature"
	"showrunner/live"
	"showrunner/live/eventlog"
)

// remembered answers who comes back from the whole log, read anew for every
// question.
type remembered struct{ log *eventlog.Log }

func (r *remembered) history(ctx context.Context, s conversion.Scope) (*conversion.History, error) {
	head, err := r.log.Head(ctx)
	if err != nil {
		return nil, err
	}
	h := conversion.NewHistory(s)
	return h, r.log.Range(ctx, live.Position{}, head, h.Add)
}

func (r *remembered) Assisted(ctx context.Context, q conversion.AssistQuestion) ([]conversion.AssistTotal, error) {
	head, err := r.log.Head(ctx)
	if err != nil {
		return nil, err
	}
	x := conversion.NewAssists(q.Scope)
	err = r.log.Range(ctx, live.Position{}, head, x.Add)
	return x.Answer(q), err
}

func (r *remembered) Settled(context.Context, time.Time) (bool, error) { return true, nil }

func (r *remembered) Cohorts(ctx context.Context, q conversion.CohortQuestion) (conversion.CohortTable, error) {
	h, err := r.history(ctx, q.Scope)
	return h.Cohorts(q), err
}

func (r *remembered) Rates(ctx context.Context, q conversion.RateQuestion) (conversion.Rates, error) {
	h, err := r.history(ctx, q.Scope)
	return h.Rates(q), err
}

func (r *remembered) Currencies(ctx context.Context, s conversion.Scope) ([]live.Currency, error) {
	h, err := r.history(ctx, s)
	return h.Currencies(), err
}

func (r *remembered) scored(ctx context.Context, q conversion.BuyerQuestion) ([]conversion.Scored, error) {
	h, err := r.history(ctx, q.Scope)
	if err != nil {
		return nil, err
	}
	spenders := h.Spenders(q)
	var out []conversion.Scored
	for i, s := range conversion.Scores(spenders) {
		out = append(out, conversion.Scored{Spender: spenders[i], Score: s})
	}
	return out, nil
}

func (r *remembered) Segments(ctx context.Context, q conversion.BuyerQuestion) ([]conversion.SegmentSum, error) {
	all, err := r.scored(ctx, q)
	return conversion.SumSegments(all), err
}

func (r *remembered) Scored(ctx context.Context, q conversion.BuyerQuestion, segment conversion.Segment, after live.PersonID, limit int) ([]conversion.Scored, error) {
	all, err := r.scored(ctx, q)
	all = slices.DeleteFunc(all, func(s conversion.Scored) bool { return s.Person <= after || segment != "" && s.Segment() != segment })
	return all[:min(limit, len(all))], err
}

func (r *remembered) Repeaters(ctx context.Context, q conversion.BuyerQuestion, limit int) ([]conversion.Repeater, error) {
	h, err := r.history(ctx, q.Scope)
	if err != nil {
		return nil, err
	}
	all := h.Repeaters(q)
	return all[:min(limit, len(all))], nil
}

func (r *remembered) Funnel(ctx context.Context, q conversion.FunnelQuestion) ([]conversion.FunnelStep, error) {
	h, err := r.history(ctx, q.Scope)
	if err != nil {
		return nil, err
	}
	return h.Funnel(q), nil
}

func (r *remembered) Temperatures(ctx context.Context, q temperature.Question) ([]temperature.Row, error) {
	head, err := r.log.Head(ctx)
	if err != nil {
		return nil, err
	}
	h := temperature.NewHistory(q.Scope)
	err = r.log.Range(ctx, live.Position{}, head, h.Add)
	return h.Rows(q), err
}

func (r *remembered) Silence(ctx context.Context, q temperature.SilenceQuestion) (temperature.Silence, error) {
	head, err := r.log.Head(ctx)
	if err != nil {
		return temperature.Silence{}, err
	}
	h := temperature.NewHistory(q.Scope)
	err = r.log.Range(ctx, live.Position{}, head, h.Add)
	return h.Silence(q), err
}

func (r *remembered) Deeds(ctx context.Context, s conversion.Scope, person live.PersonID) ([]temperature.Deed, error) {
	head, err := r.log.Head(ctx)
	if err != nil {
		return nil, err
	}
	h := temperature.NewHistory(s)
	err = r.log.Range(ctx, live.Position{}, head, h.Add)
	return h.Deeds(person), err
}
