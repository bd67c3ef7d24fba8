package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"showrunner/live"
)

// stage makes what the show needs before anybody comes: room, show, shelf, the
// shop's integration, and what happened in the days before.
func (r *simRun) stage(ctx context.Context) error {
	merchant, err := r.token(live.RoleMerchant, r.name+"-owner", "Simulated merchant")
	if err != nil {
		return err
	}
	if err := r.stageRoom(ctx, merchant); err != nil {
		return err
	}
	var show struct {
		ID string `json:"show_id"`
	}
	if err := r.api.do(ctx, simCall{
		Method: http.MethodPost, Path: "/v1/rooms/" + url.PathEscape(string(r.room)) + "/shows", Token: merchant, Key: r.name + "-show",
		Body: map[string]any{
			"show_id": r.name + "-show", "title": fmt.Sprintf("Simulated show, seed %d 模拟直播", r.cmd.Seed),
			"planned_start_at": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		},
	}, &show); err != nil {
		return fmt.Errorf("schedule the show: %w", err)
	}
	r.show = live.ShowID(show.ID)
	items := make([]map[string]any, len(r.script.Shelf))
	for i, o := range r.script.Shelf {
		items[i] = map[string]any{
			"product_id": o.Product, "sku_id": o.SKU, "title": o.Title, "price_minor": o.Price,
			"currency": r.script.Currency, "stock": o.Stock, "rank": o.Rank,
		}
	}
	if err := r.api.do(ctx, simCall{
		Method: http.MethodPut, Path: "/v1/shows/" + url.PathEscape(string(r.show)) + "/shelf", Token: merchant, Key: r.name + "-shelf",
		Body: map[string]any{"items": items},
	}, nil); err != nil {
		return fmt.Errorf("fill the shelf: %w", err)
	}
	if err := r.stageBenefits(ctx, merchant); err != nil {
		return err
	}
	// The newest run has the shop: runs side by side need a merchant each.
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return fmt.Errorf("make secret: %w", err)
	}
	if err := r.api.do(ctx, simCall{
		Method: http.MethodPut, Path: "/v1/integrations/" + simSource, Token: merchant, Key: r.name + "-integration",
		Body: map[string]any{"connector": "standard", "secret": "whsec_" + base64.StdEncoding.EncodeToString(secret)},
	}, nil); err != nil {
		return fmt.Errorf("announce the shop: %w", err)
	}
	r.shop = &simShop{run: r, secret: secret}
	return r.remember(ctx)
}

func (r *simRun) stageRoom(ctx context.Context, merchant string) error {
	path := "/v1/rooms/" + url.PathEscape(string(r.room))
	if r.cmd.Room != "" {
		var room struct {
			Currency live.Currency `json:"currency"`
			Hosts    []string      `json:"host_ids"`
		}
		err := r.api.do(ctx, simCall{Method: http.MethodGet, Path: path, Token: merchant}, &room)
		var p *simProblem
		switch {
		case err == nil && room.Currency != r.script.Currency:
			return fmt.Errorf("room %s sells in %s; the script needs %s", r.room, room.Currency, r.script.Currency)
		case err == nil:
			// A room that names its hosts lets nobody else run the show.
			if len(room.Hosts) > 0 {
				r.hostName = room.Hosts[0]
			}
			return nil
		case !errors.As(err, &p) || p.Status != http.StatusNotFound:
			return fmt.Errorf("look for the room: %w", err)
		}
	}
	err := r.api.do(ctx, simCall{
		Method: http.MethodPost, Path: "/v1/rooms", Token: merchant, Key: r.name + "-room",
		Body: map[string]any{
			"room_id": r.room, "merchant_id": r.cmd.Merchant, "title": "Simulated room 模拟直播间",
			"host_ids": []string{r.hostID()}, "currency": r.script.Currency, "time_zone": "Asia/Shanghai",
		},
	}, nil)
	if err != nil {
		return fmt.Errorf("make the room: %w", err)
	}
	return nil
}

func (r *simRun) hostID() string     { return cmp.Or(r.hostName, r.name+"-host") }
func (r *simRun) operatorID() string { return r.name + "-operator" }

// person is the identity of somebody of the script within this run.
func (r *simRun) person(key string) string { return r.name + "-" + key }

// socketURL is the address of the room's websocket.
func (r *simRun) socketURL(query url.Values) (*url.URL, error) {
	u, err := url.Parse(r.api.base)
	if err != nil {
		return nil, fmt.Errorf("parse address: %w", err)
	}
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[u.Scheme]
	u = u.JoinPath("v1", "rooms", string(r.room), "ws")
	u.RawQuery = query.Encode()
	return u, nil
}
