package api

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"showrunner/conversion/care/guard"
	"showrunner/live"
)

// Preferences are how somebody wants to be touched.
type Preferences struct {
	PersonID string              `json:"person_id" doc:"The name that stands for them now."`
	OptOut   bool                `json:"opt_out" doc:"Of everything but transactional notices."`
	Quiet    *guard.QuietHours   `json:"quiet_hours,omitempty" doc:"Their own; left out: those of the rules."`
	TimeZone string              `json:"time_zone,omitempty" doc:"IANA name; left out: that of the rules."`
	Channels []ChannelPreference `json:"channels" doc:"By name."`
	SetAt    *Time               `json:"set_at,omitempty" doc:"Left out: nothing was said."`
	SetBy    string              `json:"set_by,omitempty"`
}

// ChannelPreference is what somebody wants of one channel.
type ChannelPreference struct {
	Channel string `json:"channel"`
	OptOut  bool   `json:"opt_out"`
	Why     string `json:"why,omitempty" enum:",said,rejected,deleted,blocked" doc:"Whether they said it, or a platform told of a refused message, or of an agent who was deleted or blocked."`
	Consent string `json:"consent,omitempty" enum:",given,refused"`
	SetAt   *Time  `json:"set_at,omitempty"`
}

// NewPreferences is the body of PUT /v1/people/{person_id}/preferences.
type NewPreferences struct {
	OptOut   bool                   `json:"opt_out,omitempty"`
	Quiet    *NewQuietHours         `json:"quiet_hours,omitempty"`
	TimeZone string                 `json:"time_zone,omitempty" maxLength:"64"`
	Channels []NewChannelPreference `json:"channels,omitempty" maxItems:"50"`
}

// NewQuietHours are somebody's own quiet hours.
type NewQuietHours struct {
	From string `json:"from" example:"22:30"`
	To   string `json:"to" example:"08:00"`
}

// NewChannelPreference is what somebody wants of one channel.
type NewChannelPreference struct {
	Channel string `json:"channel" minLength:"1" maxLength:"64"`
	OptOut  bool   `json:"opt_out,omitempty"`
	Consent string `json:"consent,omitempty" enum:"given,refused"`
}

type preferencesOutput struct{ Body Preferences }

func (a *API) preferences() {
	own := " A viewer reads and sets their own alone, an agent those of people they serve."
	add(a, Route{
		ID: "get-preferences", Method: "GET", Path: "/v1/people/{person_id}/preferences", Tag: guardTag, Summary: "Read how somebody wants to be touched",
		Text: "Under any of their names: what was said under each is joined, and any opt-out stands." + own, Actions: []live.Action{live.ActContact, live.ActTouchRead},
	}, a.getPreferences)
	add(a, Route{
		ID: "put-preferences", Method: "PUT", Path: "/v1/people/{person_id}/preferences", Tag: guardTag, Summary: "Set how somebody wants to be touched",
		Text:    "Replaces all that is known, what platforms told included, under every name they have. Somebody nobody has met yet may be named by all but agents: an opt-out is never refused." + own,
		Actions: []live.Action{live.ActContact}, body: NewPreferences{},
		example: map[string]any{"time_zone": "Asia/Shanghai", "quiet_hours": map[string]any{"from": "22:30", "to": "08:00"}, "channels": []any{map[string]any{"channel": "sms", "consent": "given"}, map[string]any{"channel": "phone", "opt_out": true}}},
	}, a.putPreferences)
}

// wisher finds whose preferences a path names. A viewer is told of nobody else, an
// agent of nobody they do not serve.
func (a *API) wisher(ctx context.Context, p live.Principal, in *PersonPath) (live.MerchantID, live.PersonID, error) {
	if p.Role == live.RoleViewer {
		if in.PersonID != p.Subject {
			return "", "", live.NotFound("person_not_found", "there is no such person")
		}
		m, err := merchant(p, in.MerchantID)
		return m, live.PersonID(in.PersonID), err
	}
	return a.theirs(ctx, p, in)
}

func (a *API) getPreferences(ctx context.Context, p live.Principal, in *PersonPath) (*preferencesOutput, error) {
	m, id, err := a.wisher(ctx, p, in)
	if err != nil {
		return nil, err
	}
	w, err := a.cfg.Guard.Wishes(ctx, m, id)
	if err != nil {
		return nil, err
	}
	if w.SetAt.IsZero() && len(w.Channels) == 0 && p.Role != live.RoleViewer {
		if _, err := a.cfg.Store.Profile(ctx, m, id, a.cfg.Now()); err != nil {
			return nil, err
		}
	}
	return preferencesOf(w), nil
}

func (a *API) putPreferences(ctx context.Context, p live.Principal, in *struct {
	PersonPath
	rawBody
},
) (*preferencesOutput, error) {
	b, err := decode[NewPreferences](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, id, err := a.wisher(ctx, p, &in.PersonPath)
	if err != nil {
		return nil, err
	}
	w := guard.Wishes{Person: id, OptOut: b.OptOut, TimeZone: b.TimeZone, Channels: map[string]guard.Wish{}, By: p.Actor()}
	if b.Quiet != nil {
		w.Quiet = &guard.QuietHours{From: b.Quiet.From, To: b.Quiet.To}
	}
	for i, c := range b.Channels {
		if _, twice := w.Channels[c.Channel]; twice {
			return nil, live.Invalid("invalid_field", fmt.Sprintf("channels[%d].channel", i), "stands twice")
		}
		w.Channels[c.Channel] = guard.Wish{OptOut: c.OptOut, Consent: c.Consent}
	}
	if w, err = a.cfg.Guard.SetWishes(ctx, m, w); err != nil {
		return nil, err
	}
	return preferencesOf(w), nil
}

func preferencesOf(w guard.Wishes) *preferencesOutput {
	out := Preferences{
		PersonID: string(w.Person), OptOut: w.OptOut, Quiet: w.Quiet, TimeZone: w.TimeZone, Channels: []ChannelPreference{},
		SetAt: timeOf(w.SetAt), SetBy: w.By.ID,
	}
	for _, name := range slices.Sorted(maps.Keys(w.Channels)) {
		c := w.Channels[name]
		out.Channels = append(out.Channels, ChannelPreference{name, c.OptOut, c.Why, c.Consent, timeOf(c.SetAt)})
	}
	return &preferencesOutput{out}
}
