package api

import (
	"context"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"showrunner/analytics/wall"
	"showrunner/live"
)

// maxWallWait is how long a watcher of the wall waits for the next frame at most:
// shorter than proxies in front usually do.
const maxWallWait = 20_000

// WallFrame is all rooms on air at one instant, or what is new of them.
type WallFrame struct {
	Tick  int64      `json:"tick" doc:"Names the frame. Given back as after, it asks for the next one."`
	At    *Time      `json:"at" doc:"null until the server has made its first frame."`
	Whole bool       `json:"whole" doc:"Every room is here. False: only those that are other than in the frame named by after."`
	Rooms []WallRoom `json:"rooms" doc:"By show_id."`
	Gone  []string   `json:"gone" doc:"Shows of the frame named by after that are off the air; none where the frame is whole."`
}

// WallRoom is one room on air.
type WallRoom struct {
	RoomID      string         `json:"room_id"`
	ShowID      string         `json:"show_id"`
	Title       string         `json:"title"`
	State       live.ShowState `json:"state" enum:"live,paused"`
	StartedAt   Time           `json:"started_at"`
	At          Time           `json:"at"`
	Currency    string         `json:"currency" doc:"Of the money in metrics."`
	Provisional bool           `json:"provisional"`
	LagMS       int64          `json:"lag_ms" doc:"How far the figures may be behind."`
	Metrics     wallMetrics    `json:"metrics"`
	Recent      wallRecent     `json:"recent"`
	Alerts      wallAlerts     `json:"alerts"`
}

type (
	wallMetrics struct{}
	wallRecent  struct{}
	wallAlerts  struct{}
)

// Schema describes the metrics of a room in the OpenAPI document.
func (wallMetrics) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true,
		Description: "As in the snapshot of the show: " + strings.Join(wall.Keys, ", ") + "; without amounts for roles without the right to money.",
	}
}

// Schema describes what moved in a room in the OpenAPI document.
func (wallRecent) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "As in the snapshot of the show, of the figures whose change is no chance."}
}

// Schema describes the alerts of a room in the OpenAPI document.
func (wallAlerts) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true},
		Description: "Those that are not over: alert_id, kind, severity, subject, raised_at, acknowledged_at.",
	}
}

type wallOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (a *API) walls() {
	add(a, Route{
		ID: "get-wall", Method: "GET", Path: "/v1/wall", Tag: "Figures", Summary: "Read all rooms on air in one frame",
		Text: "One frame a second with every room of the merchant that is live or paused, or with those the token reaches, and one half way when something was said. It is made once for all who look, however many they are. " +
			"With `after` and `wait_ms` the answer comes as soon as there is a frame after that one, or when the time is over with the frame there is: asking again with the `tick` of each answer gets every frame without asking twice for one. " +
			"With `changes` a room that is as it was in the frame named by `after` is left out, though its `at` went on, and its `lag_ms` as long as it is below 2,000; the answer says `whole` where the server does not know that frame, and everything the caller has is to be forgotten. " +
			"Roles without the right to money get the same without amounts.",
		Actions: []live.Action{live.ActFigures}, output: "application/json", answer: WallFrame{},
	}, a.getWall)
}

func (a *API) getWall(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	After      int64  `query:"after" doc:"The tick of the frame the caller has." minimum:"0"`
	Changes    bool   `query:"changes" doc:"Leave out what is as in the frame named by after."`
	WaitMS     int64  `query:"wait_ms" doc:"How long to wait for the frame after it." minimum:"0" maximum:"20000"`
},
) (*wallOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	wait := time.Duration(min(in.WaitMS, maxWallWait)) * time.Millisecond
	f, err := a.cfg.Figures.Wall(ctx, wall.Question{Merchant: m, Money: p.May(live.ActMoney), Rooms: p.Rooms, After: in.After, Changes: in.Changes, Wait: wait})
	if err != nil {
		return nil, err
	}
	return &wallOutput{ContentType: "application/json", Body: f.Body}, nil
}
