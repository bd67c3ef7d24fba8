package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"showrunner/live"
	"showrunner/live/store"
)

// hook is one delivery on its way from the signature to the order book.
type hook struct {
	api           *API
	source        string
	body          []byte
	header, query func(string) string

	connector Connector
	by        store.Integration
}

func (a *API) hook(ctx context.Context, source string, body []byte) *hook {
	c := callOf(ctx).fiber
	return &hook{
		api: a, source: source, body: body,
		header: func(name string) string { return c.Get(name) }, query: func(name string) string { return c.Query(name) },
	}
}

// prove finds the merchant whose integration of that name signed the request.
func (h *hook) prove(ctx context.Context) error {
	return h.find(ctx, func(c Connector, i *store.Integration) error {
		return c.Verify(i.Secret, h.header, h.query, h.body, h.api.cfg.Now())
	})
}

// find takes the first integration of the source for which the proof holds.
// That there is no such integration cannot be told from a wrong signature.
func (h *hook) find(ctx context.Context, proof func(Connector, *store.Integration) error) error {
	var all []store.Integration
	if live.ValidID(h.source) {
		var err error
		if all, err = h.api.cfg.Store.Integrations(ctx, h.source); err != nil {
			return err
		}
	}
	var refusal error
	for i := range all {
		c, ok := h.api.cfg.Connectors[all[i].Connector]
		if !ok {
			continue
		}
		err := proof(c, &all[i])
		if err == nil {
			h.connector, h.by = c, all[i]
			return nil
		}
		refusal = err
	}
	if refusal == nil {
		refusal = proof(h.api.cfg.Connectors[standard], &store.Integration{})
	}
	if refusal == nil {
		panic("BUG: a request was proved by no secret")
	}
	return refusal
}

// take reads the delivery, asks for what it only names, and stores the facts.
// What could not be learnt is refused after the rest was stored: the platform
// delivers again, and what was stored is a duplicate then.
func (h *hook) take(ctx context.Context) (FactResults, error) {
	d, err := h.connector.Read(h.by.Secret, h.header, h.body)
	if err != nil {
		return FactResults{}, h.record(ctx, &d, FactResults{}, err)
	}
	facts, err := h.facts(ctx, &d)
	if err != nil {
		return FactResults{}, h.record(ctx, &d, FactResults{}, err)
	}
	var gap error
	for _, n := range d.Notices {
		more, err := h.ask(ctx, &d, n)
		if err != nil {
			gap = errors.Join(gap, h.gap(ctx, &d, n, err))
			continue
		}
		facts = append(facts, more...)
	}
	out, err := h.apply(ctx, facts)
	if err == nil {
		err = gap
	}
	return out, h.record(ctx, &d, out, err)
}

// ask re-queries one notice of a delivery.
func (h *hook) ask(ctx context.Context, of *store.Delivery, n store.Notice) ([]store.Fact, error) {
	d, err := h.connector.Requery(ctx, h.by.Secret, n)
	if err != nil {
		return nil, err
	}
	facts, err := h.facts(ctx, &d)
	of.Skipped = append(of.Skipped, d.Skipped...)
	return facts, err
}

// facts completes and checks what a connector read, and decodes what came in
// our own form.
func (h *hook) facts(ctx context.Context, d *store.Delivery) ([]store.Fact, error) {
	facts, find := d.Facts, findShow(h.api.cfg.Store.Show).once()
	for i := range facts {
		facts[i].Source = h.source
		if facts[i].At.After(h.api.cfg.Now().Add(tolerance)) {
			return nil, live.Invalid("invalid_field", "at", "the fact lies in the future")
		}
		if err := locate(ctx, h.by.Merchant, &facts[i], find); err != nil {
			if facts[i].Show == "" || !errors.Is(err, live.Invalid("show_not_found", "", "")) {
				return nil, err
			}
			// The order is true wherever it was made.
			d.Skipped = append(d.Skipped, "show "+clipped(string(facts[i].Show))+": not a show of this merchant")
			facts[i].Show, facts[i].Room = "", ""
		}
	}
	if d.Own == nil {
		return facts, nil
	}
	list, err := splitFacts(d.Own)
	if err != nil {
		return nil, err
	}
	for i, raw := range list {
		f, err := h.api.fact(ctx, h.by.Merchant, h.source, raw, find)
		if err != nil {
			return nil, atIndex(i, err)
		}
		facts = append(facts, f)
	}
	return facts, nil
}

func (h *hook) apply(ctx context.Context, facts []store.Fact) (FactResults, error) {
	out := FactResults{Results: make([]FactResult, len(facts))}
	if len(facts) == 0 {
		return out, nil
	}
	statuses, err := h.api.cfg.Store.ApplyFacts(ctx, h.by.Merchant, facts, h.api.cfg.Now())
	if err != nil {
		return FactResults{}, err
	}
	for i, s := range statuses {
		out.Results[i] = FactResult{Index: i, OrderID: string(facts[i].Order), Type: string(facts[i].OrderFact.Kind), Status: string(s)}
		if live.ReceiptStatus(s) == live.Duplicate {
			out.Duplicates++
		} else {
			out.Accepted++
		}
	}
	return out, nil
}

// Actions under which deliveries stand in the audit.
const (
	actDelivery = "webhook.delivery"
	actGap      = "webhook.source_gap"
)

// maxNamed bounds the messages an audit row names.
const maxNamed = 20

// record keeps what a platform sent and what became of it, under the
// platform's own name of the message, and hands the refusal on. Deliveries in
// our own form name themselves in the facts.
func (h *hook) record(ctx context.Context, d *store.Delivery, out FactResults, refusal error) error {
	if h.connector.Name() == standard {
		return refusal
	}
	detail := map[string]any{
		"connector": h.connector.Name(), "messages": len(d.Messages), "message_ids": d.Messages[:min(len(d.Messages), maxNamed)],
		"topics": d.Topics[:min(len(d.Topics), maxNamed)], "accepted": out.Accepted, "duplicates": out.Duplicates,
	}
	if n := len(d.Skipped); n > 0 {
		detail["skipped"] = d.Skipped[:min(n, maxNamed)]
	}
	return errors.Join(refusal, h.keep(ctx, actDelivery, d, detail, refusal))
}

// gap keeps a notice that could not be completed and hands the reason on.
func (h *hook) gap(ctx context.Context, d *store.Delivery, n store.Notice, why error) error {
	h.api.cfg.Logger.WarnContext(ctx, "a notice of a shop platform could not be completed",
		slog.String("source", h.source), slog.String("merchant", string(h.by.Merchant)), slog.String("topic", n.Topic),
		slog.String("order", string(n.Order)), slog.Any("error", why))
	detail := map[string]any{"connector": h.connector.Name(), "topic": n.Topic, "order_id": n.Order}
	if n.Aftersale != "" {
		detail["after_sale_order_id"] = n.Aftersale
	}
	return errors.Join(why, h.keep(ctx, actGap, d, detail, why))
}

func (h *hook) keep(ctx context.Context, action string, d *store.Delivery, detail map[string]any, refusal error) error {
	raw, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	row := store.AuditRow{
		At: h.api.cfg.Now(), Merchant: h.by.Merchant, Actor: live.Actor{ID: h.source, Role: live.RoleIntegration}, Action: action, Detail: string(raw),
	}
	if len(d.Messages) > 0 {
		row.Command = d.Messages[0]
	}
	if refusal != nil {
		row.Code = "internal"
		if e, ok := errors.AsType[*live.Error](refusal); ok {
			row.Code = e.Code
		}
	}
	return h.api.cfg.Store.AddAudit(ctx, row)
}
