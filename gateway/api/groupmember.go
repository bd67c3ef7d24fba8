package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"showrunner/live"
)

// memberSource is the source of facts of members who were imported.
const memberSource = "group-members"

// NewMember is somebody who is in a group already.
type NewMember struct {
	UserID      string `json:"user_id,omitempty" doc:"By login."`
	AnonymousID string `json:"anonymous_id,omitempty" doc:"By device, while there is no login."`
	JoinedAt    *Time  `json:"joined_at,omitempty" doc:"Up to five years ago; when the group began, when left out."`
	JoinScene   string `json:"join_scene,omitempty" enum:"direct_invite,link,qr"`
	Inviter     string `json:"inviter,omitempty"`
}

// NewMembers is the body of POST /v1/groups/{group_id}/members.
type NewMembers struct {
	Members []NewMember `json:"members"`
}

func (a *API) groupMembers() {
	add(a, Route{
		ID: "import-group-members", Method: "POST", Path: "/v1/groups/{group_id}/members", Tag: groupTag, Summary: "Bring the members of a group in",
		Text: fmt.Sprintf("1 to %d members, each a fact `group_joined` of the time they joined; the same member at the same time is a duplicate, so a request may be repeated. "+
			"Answered member by member, once those accepted are durable.", MaxBatch),
		Actions: []live.Action{live.ActGroupWrite}, body: NewMembers{}, batch: true,
		example: map[string]any{"members": []any{map[string]any{"user_id": "u1", "joined_at": "2026-01-02T12:30:00.000Z", "join_scene": "qr"}}},
	}, a.importMembers)
}

func (a *API) importMembers(ctx context.Context, p live.Principal, in *struct {
	GroupPath
	rawBody
},
) (*eventsOutput, error) {
	b, err := decode[NewMembers](in.RawBody)
	if err != nil {
		return nil, err
	}
	g, _, err := a.group(ctx, p, &in.GroupPath)
	if err != nil {
		return nil, err
	}
	if len(b.Members) == 0 || len(b.Members) > MaxBatch {
		return nil, live.Invalid("invalid_field", "members", "must be 1 to %d", MaxBatch)
	}
	out := EventResults{Results: make([]EventResult, len(b.Members))}
	now := a.cfg.Now()
	// Old joins come in by the door of history, those of the last hour by the other.
	for _, door := range []live.Origin{live.FromProducer, live.FromProducer | live.FromHistory} {
		var events []live.Event
		var places []int
		for i := range b.Members {
			e, err := joinOf(g.Merchant, g.ID, &b.Members[i], p)
			if e.OccurredAt.IsZero() {
				e.OccurredAt = g.Created
			}
			old := !e.OccurredAt.After(now.Add(-live.LiveAge))
			if old != (door&live.FromHistory != 0) {
				continue
			}
			out.Results[i].Index = i
			if err != nil {
				if err := out.Results[i].reject(err); err != nil {
					return nil, err
				}
				continue
			}
			e.ReceivedAt = now
			name := sha256.Sum256([]byte(g.ID + "\x00" + string(e.Person) + "\x00" + e.OccurredAt.UTC().Format(timeLayout)))
			e.ID = live.EventID("join-" + hex.EncodeToString(name[:16]))
			events, places = append(events, e), append(places, i)
		}
		if len(events) == 0 {
			continue
		}
		receipts, err := a.cfg.Ingest.Ingest(ctx, door, events)
		if err != nil {
			return nil, err
		}
		out.receive(receipts, places)
	}
	out.count()
	return &eventsOutput{out}, nil
}

// joinOf is the fact that somebody joined; its time is zero when none is given.
func joinOf(m live.MerchantID, id string, n *NewMember, by live.Principal) (live.Event, error) {
	e := live.Event{Kind: live.GroupJoined, Source: memberSource, Merchant: m, Actor: by.Actor(), Person: live.PersonID(n.UserID)}
	if n.JoinedAt != nil {
		e.OccurredAt = n.JoinedAt.Time
	}
	if e.Person == "" {
		e.Person = live.PersonID(n.AnonymousID)
	}
	if !live.ValidID(string(e.Person)) {
		return e, live.Invalid("invalid_field", "user_id", "or anonymous_id must name the member")
	}
	data := map[string]string{"group_id": id}
	for name, value := range map[string]string{"join_scene": n.JoinScene, "inviter": n.Inviter} {
		if value != "" {
			data[name] = value
		}
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return e, fmt.Errorf("encode a member: %w", err)
	}
	e.Data = raw
	return e, live.CheckData(e.Kind, raw)
}
