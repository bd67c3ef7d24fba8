package api

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"showrunner/live"
)

// Route is one row of the list of routes.
type Route struct {
	ID      string // operation id of the OpenAPI document
	Method  string
	Path    string // with {names}
	Tag     string
	Summary string
	Text    string // more, in Markdown; may be empty

	// Actions are the rights of which a caller needs one. Empty means that any
	// token will do, or, with Open, none.
	Actions []live.Action
	// Open routes take no token. They say in Text what protects them.
	Open bool

	status   int   // of success; 0 means 200
	errors   []int // statuses a caller must reckon with, beside those of every route
	body     any   // zero value of the body's wire struct; nil: no body
	example  any   // of the body
	optional bool  // the body may be left out
	batch    bool  // the body may be up to MaxBatchBody
	csv      bool  // the body is CSV and may be up to MaxSettlementBody
	ndjson   bool  // the body may be NDJSON too
	xml      bool  // the body may be XML or text too: platforms decide
	source   bool  // webhook: limited by source and not by caller
	output   string
	answer   any // zero value of the JSON answer among the types of output; nil: not described
}

func (r *Route) writes() bool { return r.Method != http.MethodGet }

// add registers a route: what huma learns from the types I and O becomes the
// document, what the route says becomes the guard.
func add[I, O any](a *API, r Route, h func(ctx context.Context, p live.Principal, in *I) (*O, error)) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	op := a.operation(&r)
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		call := callOf(ctx)
		out, err := h(ctx, call.principal, in)
		if err != nil {
			p := a.problems.Of(call.fiber, err)
			retryHeader(call.fiber, p)
			return nil, p
		}
		return out, nil
	})
	if r.body != nil {
		a.describeBody(op.RequestBody, &r)
	}
	if r.output != "" {
		content := mediaTypes(r.output)
		if r.answer != nil {
			content["application/json"].Schema = a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(r.answer), true, "")
		}
		op.Responses[strconv.Itoa(r.status)].Content = content
	}
	a.routes = append(a.routes, r)
}

func (a *API) operation(r *Route) huma.Operation {
	op := huma.Operation{
		OperationID: r.ID, Method: r.Method, Path: r.Path, Tags: []string{r.Tag}, Summary: r.Summary, Description: r.describe(),
		DefaultStatus: r.status, SkipValidateBody: true, SkipValidateParams: r.source, Responses: map[string]*huma.Response{},
		Middlewares: huma.Middlewares{a.guard(*r)},
	}
	if !r.Open {
		op.Security = []map[string][]string{{"bearer": {}}}
	}
	if r.body != nil {
		op.RequestBody = &huma.RequestBody{Required: !r.optional, Content: map[string]*huma.MediaType{}}
	}
	problem := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for _, status := range r.refusals() {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status), Content: map[string]*huma.MediaType{ProblemType: {Schema: problem}},
		}
	}
	if r.writes() && !r.Open {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "The same key with the same body returns the first successful answer with `Idempotency-Replayed: true` and changes nothing; with another body it is refused.",
		})
	}
	return op
}

// refusals are the statuses the route may answer with beside success.
func (r *Route) refusals() []int {
	all := append([]int{http.StatusBadRequest, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable}, r.errors...)
	if !r.Open {
		all = append(all, http.StatusUnauthorized, http.StatusForbidden)
	}
	if r.body != nil {
		all = append(all, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if strings.Contains(r.Path, "{") && !r.Open {
		all = append(all, http.StatusNotFound)
	}
	if r.writes() && !r.Open {
		all = append(all, http.StatusConflict)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// describe adds to the text who may call.
func (r *Route) describe() string {
	if r.Open {
		return r.Text
	}
	who := "Any valid token."
	if len(r.Actions) > 0 {
		var roles []string
		for _, role := range live.Roles {
			if mayAny(live.Principal{Role: role}, r.Actions) {
				roles = append(roles, string(role))
			}
		}
		who = "Roles: " + strings.Join(roles, ", ") + "."
	}
	return strings.TrimSpace(r.Text + "\n\n" + who)
}

func mayAny(p live.Principal, actions []live.Action) bool {
	return len(actions) == 0 || slices.ContainsFunc(actions, p.May)
}

// describeBody replaces the bytes that huma sees by the struct we decode into.
func (a *API) describeBody(rb *huma.RequestBody, r *Route) {
	rb.Required = !r.optional
	t := reflect.TypeOf(r.body)
	schema := a.huma.OpenAPI().Components.Schemas.Schema(t, true, r.ID+"Body")
	plainArrays(schema)
	rb.Content = map[string]*huma.MediaType{"application/json": {Schema: schema, Example: r.example}}
	if r.csv {
		rb.Content = map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}, Example: r.example}}
	}
	if r.ndjson {
		rb.Content[ndjsonType] = &huma.MediaType{Schema: &huma.Schema{
			Type: huma.TypeString, Description: "One JSON object of the array's items on each line.",
		}}
	}
}

func mediaTypes(list string) map[string]*huma.MediaType {
	content := map[string]*huma.MediaType{}
	for t := range strings.SplitSeq(list, ",") {
		s := &huma.Schema{Type: huma.TypeString}
		if t == "application/json" {
			s = &huma.Schema{Type: huma.TypeObject}
		}
		content[t] = &huma.MediaType{Schema: s}
	}
	return content
}
