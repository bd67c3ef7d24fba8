// Package text reads what customers write: Chinese comments, chats, refund
// reasons and reviews.
//
// A [Segmenter] makes terms of a text. A [Classifier] says which cause a
// complaint has, how sure it is of that and which terms made it say so: a few
// rules where rules are sure, a trained model for the rest. [Keywords] finds
// what is said more often than usual, [Corpus.Similar] how alike two texts are
// and by which terms, [Cluster] which texts speak of one need.
//
// Everything is pure and deterministic and embedded in the program: the
// dictionary, the weights of the model and the labelled sentences they were
// trained on. The same texts, in any order, give the same answer. A Segmenter
// and a Classifier may be used by many goroutines at once; make one of each for
// the process, since the dictionary takes a while to load (see
// BenchmarkNew). docs/text.md has the guide by which sentences were labelled
// and the measured quality.
package text
