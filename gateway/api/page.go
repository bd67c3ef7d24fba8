package api

// Page is the query of every list.
type Page struct {
	Cursor string `query:"cursor" doc:"Where to go on: next_cursor of the page before. Opaque; good only with the same filter." maxLength:"1024"`
	Limit  int    `query:"limit" doc:"How many to return at most." minimum:"1" maximum:"200" default:"50"`
}

// List is a page of a list.
type List[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor,omitempty" doc:"Left out on the last page."`
}

type listOutput[T any] struct{ Body List[T] }

func listOf[D, T any](rows []D, next string, f func(D) T) *listOutput[T] {
	out := List[T]{Items: make([]T, len(rows)), NextCursor: next}
	for i, r := range rows {
		out.Items[i] = f(r)
	}
	return &listOutput[T]{Body: out}
}
