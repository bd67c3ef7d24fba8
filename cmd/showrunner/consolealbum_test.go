package main

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// TestConsoleAlbum takes pictures of every page of the console and of its states,
// in both languages, both themes and at three widths, on a server with two
// simulated shows that are over and one on the air. It is for people who look
// at them: the folder is SHOWRUNNER_SCREENSHOTS.
func TestConsoleAlbum(t *testing.T) {
	if os.Getenv("SHOWRUNNER_SCREENSHOTS") == "" {
		t.Skip("SHOWRUNNER_SCREENSHOTS names no folder: no album is taken")
	}
	needBrowser(t)
	const merchant = "sim-merchant"
	data := t.TempDir()
	p := startProgram(t, data, freeAddr(t))
	p.ready(200, 2*time.Minute)
	ctx, end := context.WithCancel(t.Context())
	show := func(seed uint64, room string, minutes int, speed float64) error {
		c := SimulateCmd{URL: p.url, Data: data, Viewers: 320, Minutes: minutes, Speed: speed, Seed: seed, Room: room, Merchant: merchant}
		return c.Execute(ctx, io.Discard, io.Discard)
	}
	for seed := range uint64(2) {
		if err := show(seed+1, "studio-1", 30, 60); err != nil {
			t.Fatal(err)
		}
	}
	over := make(chan error, 1)
	go func() { over <- show(3, "studio-2", 90, 4) }()
	defer func() {
		end()
		if err := <-over; err != nil {
			t.Logf("the show that was stopped: %v", err)
		}
	}()
	keys := tokens{t, data, clock}
	boss := keys.sign(live.RoleMerchant, "mei", merchant)
	var ended []live.ShowID
	var running live.ShowID
	eventually(t, time.Minute, "one show is on the air and two are over", func() bool {
		var list struct {
			Items []struct {
				ID    live.ShowID `json:"show_id"`
				State string      `json:"state"`
			}
		}
		must(t, "GET", p.url+"/v1/shows", boss, nil, &list)
		live := 0
		ended = ended[:0]
		for _, s := range list.Items {
			if s.State == "live" {
				live++
				running = s.ID
			} else if s.State == "ended" {
				ended = append(ended, s.ID)
			}
		}
		return live == 1 && len(ended) == 2
	})
	eventually(t, 5*time.Minute, "somebody bought in the show on the air", func() bool {
		var orders struct{ Items []struct{} }
		must(t, "GET", p.url+"/v1/orders?show_id="+string(running), boss, nil, &orders)
		return len(orders.Items) > 0
	})
	var room struct {
		Hosts []string `json:"host_ids"`
	}
	must(t, "GET", p.url+"/v1/rooms/studio-2", boss, nil, &room)
	signed := object{
		"merchant": boss, "operator": keys.sign(live.RoleOperator, "jun", merchant), "moderator": keys.sign(live.RoleModerator, "tao", merchant), "viewer": keys.sign(live.RoleViewer, "xiaowen", merchant),
		"agent": keys.sign(live.RoleAgent, "lin", merchant), "host": keys.sign(live.RoleHost, strings.Join(room.Hosts[:1], ""), merchant), "other": keys.sign(live.RoleMerchant, "new", "newcomer"),
	}
	for _, part := range []string{"strangers", "host", "before", "viewer", "operator", "agent", "merchant"} {
		t.Run(part, func(t *testing.T) {
			playBrowser(t, "album.mjs", object{"url": p.url, "part": part, "room": "studio-2", "ended": ended[0], "shows": ended, "tokens": signed}, nil)
		})
	}
}
