package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"showrunner/live"
)

// tryRoom is the room that a newcomer tries the product in.
const tryRoom = "try"

// stageTry leaves a show on air behind that a newcomer can host, buy in and pay
// for in two windows. A show of an earlier start that is still on air goes on.
func stageTry(ctx context.Context, url, data, merchant string) error {
	keys, err := openAuth(data, clock)
	if err != nil {
		return err
	}
	token, err := keys.Issue(live.Principal{Subject: "demo", Role: live.RoleMerchant, Merchant: live.MerchantID(merchant)}, time.Hour)
	if err != nil {
		return fmt.Errorf("make a token: %w", err)
	}
	api := newSimAPI(url, new(atomic.Int64))
	defer api.client.CloseIdleConnections()
	err = api.do(ctx, simCall{Method: http.MethodPost, Path: "/v1/rooms", Token: token, Body: map[string]any{
		"room_id": tryRoom, "title": "Try it 试一试", "currency": "CNY", "time_zone": "Asia/Shanghai",
	}}, nil)
	if p, ok := errors.AsType[*simProblem](err); err != nil && (!ok || p.Status != http.StatusConflict) {
		return fmt.Errorf("make the room to try: %w", err)
	}
	var shows struct {
		Items []struct {
			ID string `json:"show_id"`
		} `json:"items"`
	}
	for _, state := range []live.ShowState{live.ShowStateLive, live.ShowStatePaused} {
		if err := api.do(ctx, simCall{Method: http.MethodGet, Path: "/v1/shows?room_id=" + tryRoom + "&state=" + string(state), Token: token}, &shows); err != nil {
			return fmt.Errorf("look for a show to try: %w", err)
		}
		if len(shows.Items) > 0 {
			return nil
		}
	}
	var show struct {
		ID string `json:"show_id"`
	}
	if err := api.do(ctx, simCall{Method: http.MethodPost, Path: "/v1/rooms/" + tryRoom + "/shows", Token: token, Body: map[string]any{"title": "Try it 试一试"}}, &show); err != nil {
		return fmt.Errorf("schedule the show to try: %w", err)
	}
	items := []map[string]any{
		{"product_id": "knife", "sku_id": "knife-20", "title": "Chef's knife 主厨刀", "price_minor": 19900, "stock": 50, "rank": 1},
		{"product_id": "pot", "sku_id": "pot-24", "title": "Cast-iron pot 铸铁锅", "price_minor": 29900, "stock": 20, "rank": 2},
		{"product_id": "cup", "sku_id": "cup-3", "title": "Cup, only three 限量杯", "price_minor": 4900, "stock": 3, "rank": 3},
	}
	path := "/v1/shows/" + show.ID
	if err := api.do(ctx, simCall{Method: http.MethodPut, Path: path + "/shelf", Token: token, Body: map[string]any{"items": items}}, nil); err != nil {
		return fmt.Errorf("fill the shelf of the show to try: %w", err)
	}
	if err := api.do(ctx, simCall{Method: http.MethodPost, Path: path + "/start", Token: token}, nil); err != nil {
		return fmt.Errorf("start the show to try: %w", err)
	}
	return nil
}
