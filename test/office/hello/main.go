package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"log"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver"
	_ "github.com/ncruces/go-sqlite3/embed"

	"github.com/octothorpe/octothorpe/agi"
)

func main() {
	file := flag.String("db", "", "the database `file`")
	flag.Parse()
	db, err := sql.Open("sqlite3", "file:"+*file+"?mode=ro")
	if err != nil {
		log.Fatal(err)
	}
	if err := db.Ping(); err != nil {
		log.Fatal(err)
	}
	var mux agi.Mux
	mux.Handle("hello", agi.HandlerFunc(func(ctx context.Context, s *agi.Session) error { return hello(ctx, s, db) }))
	server := agi.Server{Handler: &mux}
	fmt.Println("ready")
	log.Fatal(server.ListenAndServe(context.Background(), "127.0.0.1"))
}

func hello(ctx context.Context, s *agi.Session, db *sql.DB) error {
	fmt.Println("call from", s.Env.Get("callerid"), "to", s.Env.Get("extension"), "in", s.Env.Get("language"))
	if err := s.Answer(ctx); err != nil {
		return err
	}
	if _, err := s.SayNumber(ctx, 7, "", ""); err != nil {
		return err
	}
	digits, late, err := s.GetData(ctx, "beep", 8*time.Second, 4)
	if err != nil {
		return err
	}
	fmt.Println("digits", digits, "late", late)
	var name string
	if err := db.QueryRowContext(ctx, "SELECT name FROM people WHERE code = ?", digits).Scan(&name); err != nil {
		return fmt.Errorf("look up %q: %w", digits, err)
	}
	return s.SetCallerID(ctx, fmt.Sprintf("%q <%s>", name, s.Env.Get("callerid")))
}
