package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"

	_ "github.com/ncruces/go-sqlite3/driver"
	_ "github.com/ncruces/go-sqlite3/embed"

	"github.com/octothorpe/octothorpe/agi"
)

func main() {
	listen := flag.String("listen", ":"+agi.Port, "`address` to listen on")
	file := flag.String("db", "callers.sqlite3", "the database `file`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	db, err := sql.Open("sqlite3", "file:"+*file+"?mode=ro")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	server := agi.Server{Handler: names{db}}
	if err := server.ListenAndServe(ctx, *listen); err != nil {
		log.Print(err)
	}
}

type names struct{ db *sql.DB }

// ServeAGI implements agi.Handler. Who is not in the database keeps the name that came with the call.
func (n names) ServeAGI(ctx context.Context, s *agi.Session) error {
	number := s.Env.Get("callerid")
	var name string
	err := n.db.QueryRowContext(ctx, "SELECT name FROM callers WHERE number = ?", number).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up %s: %w", number, err)
	}
	return s.SetCallerID(ctx, fmt.Sprintf("%q <%s>", name, number))
}
