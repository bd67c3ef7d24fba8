package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"showrunner/live"
	"showrunner/live/sim"
)

// simBatch is how many events go into one request.
const simBatch = 500

// remember tells what happened to the people in the days before the show.
func (r *simRun) remember(ctx context.Context) error {
	token, err := r.token(live.RoleIntegration, r.name+"-crm", "Simulated CRM")
	if err != nil {
		return err
	}
	now := time.Now()
	var events []map[string]any
	for _, t := range r.script.Touches {
		data := map[string]any{}
		for k, v := range t.Data {
			if ref, ok := v.(string); ok && k == "referrer" {
				v = r.person(ref)
			}
			data[k] = v
		}
		events = append(events, map[string]any{
			"event_id": r.name + "." + t.Name, "type": t.Kind, "occurred_at": now.Add(-t.Ago).UTC().Format("2006-01-02T15:04:05.000Z"),
			"source": "sim-crm", "merchant_id": r.cmd.Merchant, "user_id": r.person(r.script.People[t.Person].Key),
			"channel": t.Channel, "campaign": t.Campaign, "data": data,
		})
	}
	for len(events) > 0 {
		n := min(simBatch, len(events))
		if err := r.post(ctx, token, events[:n]); err != nil {
			return fmt.Errorf("tell the days before: %w", err)
		}
		events = events[n:]
	}
	return nil
}

// impress tells, a few seconds of the show at a time, to whom the room was shown.
func (r *simRun) impress(ctx context.Context) error {
	token, err := r.token(live.RoleIntegration, r.name+"-feed", "Simulated feed")
	if err != nil {
		return err
	}
	every := max(5*time.Second, time.Duration(float64(500*time.Millisecond)*r.cmd.Speed))
	seen := r.script.Seen
	for at := every; len(seen) > 0; at += every {
		if err := sleepUntil(ctx, r.at(min(at, r.script.Length))); err != nil {
			return err
		}
		for len(seen) > 0 && seen[0].At < at {
			n := 0
			for n < len(seen) && n < simBatch && seen[n].At < at {
				n++
			}
			if err := r.postSeen(ctx, token, seen[:n]); err != nil {
				return err
			}
			seen = seen[n:]
		}
	}
	return nil
}

func (r *simRun) postSeen(ctx context.Context, token string, seen []sim.Impression) error {
	events := make([]map[string]any, len(seen))
	for i, m := range seen {
		events[i] = map[string]any{
			"event_id": r.name + "." + m.Name, "type": live.RoomExposed, "source": "sim-feed", "merchant_id": r.cmd.Merchant,
			"occurred_at": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
			"room_id":     r.room, "show_id": r.show, "channel": m.Channel, "data": map[string]any{"surface": "feed"},
		}
		if m.Person >= 0 {
			events[i]["user_id"] = r.person(r.script.People[m.Person].Key)
		} else {
			events[i]["anonymous_id"] = r.person(m.Stranger)
		}
	}
	if err := r.post(ctx, token, events); err != nil {
		return err
	}
	for i, m := range seen {
		who, ok := events[i]["user_id"].(string)
		if !ok {
			who = r.person(m.Stranger)
		}
		r.tally.Fact(who, live.RoomExposed, sim.Data{})
	}
	return nil
}

// post states events; each must be accepted, or be a duplicate because an
// earlier try was.
func (r *simRun) post(ctx context.Context, token string, events []map[string]any) error {
	var answer struct {
		Results []struct {
			EventID string `json:"event_id"`
			Status  string `json:"status"`
			Error   *struct {
				Code   string `json:"code"`
				Detail string `json:"detail"`
			} `json:"error"`
		} `json:"results"`
	}
	if err := r.api.do(ctx, simCall{Method: http.MethodPost, Path: "/v1/events", Token: token, Body: events}, &answer); err != nil {
		return err
	}
	if len(answer.Results) != len(events) {
		return fmt.Errorf("%d of %d events were answered", len(answer.Results), len(events))
	}
	var faults []string
	for _, a := range answer.Results {
		if a.Status == string(live.Accepted) || a.Status == string(live.Duplicate) {
			continue
		}
		why := "no reason given"
		if a.Error != nil {
			why = a.Error.Code + ": " + a.Error.Detail
		}
		faults = append(faults, a.EventID+" "+a.Status+", "+why)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d of %d events were not taken: %s", len(faults), len(events), strings.Join(faults[:min(3, len(faults))], "; "))
	}
	return nil
}
