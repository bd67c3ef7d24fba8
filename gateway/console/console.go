package console

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	"github.com/gofiber/fiber/v2"

	"showrunner/analytics"
	"showrunner/live"
)

// built is the console as gateway/console/app compiles to it. It is committed, so
// that the server builds without Node; dist_test.go holds it to its sources.
//
//go:embed all:dist
var built embed.FS

const (
	// pagePolicy lets the page run its own scripts and styles and talk to its
	// own origin, and nothing else. Images of goods may come from any https host.
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
		"img-src 'self' https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

	revalidate = "no-cache"
	immutable  = "public, max-age=31536000, immutable"
)

// Mount serves the console under router. Every address answers GET and HEAD;
// what is not there is 404.
func Mount(router fiber.Router) {
	b := load(dist())
	index := b.page("index.html", `"./assets/`, `"assets/`+b.build+`/`)
	rights := tables()
	router.Get("/console", func(c *fiber.Ctx) error {
		// Only the slash makes relative addresses work, and a bookmark may lack it.
		if path := c.Path(); path[len(path)-1] != '/' {
			return c.Redirect(path+"/", fiber.StatusMovedPermanently)
		}
		return serve(c, index)
	})
	router.Get("/console/tables.json", func(c *fiber.Ctx) error { return serve(c, rights) })
	router.Get("/console/assets/:build/:name", func(c *fiber.Ctx) error {
		f, ok := b.files["assets/"+c.Params("name")]
		if !ok || c.Params("build") != b.build || strings.HasPrefix(f.kind, "text/html") {
			return fiber.ErrNotFound
		}
		return serve(c, f)
	})
}

func dist() fs.FS {
	f, err := fs.Sub(built, "dist")
	if err != nil {
		panic(fmt.Sprintf("BUG: the console is not embedded: %v", err))
	}
	return f
}

// tables is the server's own knowledge that the page needs: what each role may
// do, how many digits each currency has after the point, and how each figure is
// defined.
func tables() file {
	known := struct {
		Rights   map[live.Role][]live.Action `json:"rights"`
		Digits   map[live.Currency]int       `json:"digits"`
		Formulas map[string]string           `json:"formulas"`
	}{map[live.Role][]live.Action{}, map[live.Currency]int{}, map[string]string{}}
	for _, r := range live.Roles {
		known.Rights[r] = live.ActionsOf(r)
	}
	for _, c := range live.Currencies() {
		known.Digits[c] = c.Exponent()
	}
	for i := range analytics.Metrics {
		known.Formulas[analytics.Metrics[i].Key] = analytics.Metrics[i].Formula
	}
	body, err := json.Marshal(known) // maps are written in key order
	if err != nil {
		panic(fmt.Sprintf("BUG: the console's tables: %v", err))
	}
	return newFile(body, "application/json", revalidate)
}
