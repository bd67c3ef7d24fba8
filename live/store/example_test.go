package store_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// A room, a show, one unit on the shelf, and two viewers who want it.
func Example() {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx := context.Background()
	s, err := store.Open(ctx, store.Config{Path: filepath.Join(dir, "state.db"), Now: time.Now})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = s.Close() }()

	host := live.Principal{Subject: "lily", Role: live.RoleHost, Merchant: "tea"}
	room, err := s.CreateRoom(ctx, live.Room{ID: "tea-room", Merchant: "tea", Title: "Tea", Currency: "CNY", TimeZone: "Asia/Shanghai"})
	if err != nil {
		log.Fatal(err)
	}
	show, err := s.CreateShow(ctx, live.Show{Room: room.ID, Title: "Spring picking"}, host)
	if err != nil {
		log.Fatal(err)
	}
	item := live.Item{Product: "longjing", SKU: "longjing-50g", Title: "Longjing 50 g", Price: 12800, Released: 1}
	if _, err := s.PutShelf(ctx, show.ID, []live.Item{item}, host, time.Now()); err != nil {
		log.Fatal(err)
	}
	if _, err := s.Execute(ctx, live.Command{ID: "c1", Name: live.StartShow, Merchant: "tea", Room: room.ID, By: host, At: time.Now()}); err != nil {
		log.Fatal(err)
	}
	for _, who := range []string{"ann", "bob"} {
		placed, err := s.PlaceOrder(ctx, live.PlaceOrder{
			ClientID: "order-1", Room: room.ID, Buyer: live.Principal{Subject: who, Role: live.RoleViewer, Merchant: "tea"},
			Lines: []live.WantedLine{{SKU: "longjing-50g", Qty: 1}},
		})
		switch {
		case errors.Is(err, live.Conflict("out_of_stock", "")):
			fmt.Println(who, "came too late")
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Println(who, "owes", placed.Total, placed.Currency)
		}
	}
	// Output:
	// ann owes 12800 CNY
	// bob came too late
}
