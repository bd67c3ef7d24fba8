package api

import (
	"context"

	"showrunner/live"
)

// Moderation is what decides whether words are taken in a room.
type Moderation struct {
	RoomID      string      `json:"room_id"`
	Modes       Modes       `json:"modes"`
	Keywords    []string    `json:"keywords" doc:"Blocked, as they are kept, in ascending order."`
	AutoReplies []AutoReply `json:"autoreplies"`
}

// Modes are the room's rules for who may write.
type Modes struct {
	MuteAll       bool  `json:"mute_all"`
	CommentsOff   bool  `json:"comments_off"`
	FollowersOnly bool  `json:"followers_only"`
	SlowSeconds   int64 `json:"slow_mode_s"`
}

// AutoReply is what a keyword is answered with.
type AutoReply struct {
	Keyword string `json:"keyword"`
	Text    string `json:"text"`
}

type moderationOutput struct{ Body Moderation }

func (a *API) moderation() {
	add(a, Route{
		ID: "get-moderation", Method: "GET", Path: "/v1/rooms/{room_id}/moderation", Tag: "Rooms", Summary: "Read what decides whose words are taken",
		Text: "Changed by the commands of moderation. The words themselves are for who may block them.", Actions: []live.Action{live.BlockKeyword.Action()},
	}, a.getModeration)
}

func (a *API) getModeration(ctx context.Context, p live.Principal, in *RoomPath) (*moderationOutput, error) {
	r, err := a.room(ctx, p, live.RoomID(in.RoomID))
	if err != nil {
		return nil, err
	}
	rules := a.cfg.Store.Rules(r.ID)
	m := rules.Modes
	out := &moderationOutput{Moderation{
		RoomID: string(r.ID), Modes: Modes{m.MuteAll, m.CommentsOff, m.FollowersOnly, m.SlowSeconds},
		Keywords: append([]string{}, rules.Words...), AutoReplies: make([]AutoReply, len(rules.Replies)),
	}}
	for i, reply := range rules.Replies {
		out.Body.AutoReplies[i] = AutoReply(reply)
	}
	return out, nil
}
