// The independent verifier of a published ledger: Go, over golang.org/x/mod/sumdb, and none of the ledger's own code.
//
// Whatever can be shown in two ways is shown in two: by hashing every entry here, and by x/mod from the tiles. Which of
// the two may be believed is for the forged tiles of fitness.go to say.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"golang.org/x/mod/sumdb/note"
)

const usage = `usage:
  verify DIR VKEY [-since CHECKPOINT] [-proof FILE]...   a published folder, all of it
  proof VKEY FILE ENTRY                                  one .tlog-proof of the entry whose bytes are in a file
  fitness                                                whether this x/mod refuses forged tiles
  samples DIR                                            leave logs there, an honest and a forged one
It ends with 0 if everything is so, with 1 if something is not, with 2 for wrong usage.
`

// errUsage stands for arguments that make no sense: nothing was looked at.
var errUsage = errors.New("wrong usage")

func main() {
	err := run(os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprintf(os.Stderr, "%v\n%s", err, usage)
		os.Exit(2) // as does a panic: neither says anything of the log
	case err != nil:
		fmt.Fprintf(os.Stderr, "not so: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	command, args := args[0], args[1:]
	switch {
	case command == "verify" && len(args) >= 2:
		return verifyCommand(args, out)
	case command == "proof" && len(args) == 3:
		return proofCommand(args[0], args[1], args[2], out)
	case command == "fitness" && len(args) == 0:
		return fitnessCommand(out)
	case command == "samples" && len(args) == 1:
		return writeSamples(args[0], out)
	}
	return fmt.Errorf("%w: %q does not take these arguments", errUsage, command)
}

func verifyCommand(args []string, out io.Writer) error {
	var since string
	var proofs []string
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&since, "since", "", "")
	flags.Func("proof", "", func(path string) error { proofs = append(proofs, path); return nil })
	if err := flags.Parse(args[2:]); err != nil {
		return fmt.Errorf("%w: %v", errUsage, err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%w: %q is one argument too many", errUsage, flags.Arg(0))
	}
	key, err := parseKey(args[1])
	if err != nil {
		return err
	}
	return verify(args[0], key, since, proofs, out)
}

func proofCommand(vkey, path, entryPath string, out io.Writer) error {
	key, err := parseKey(vkey)
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(entryPath)
	if err != nil {
		return err
	}
	p, err := readProof(path, key)
	if err != nil {
		return err
	}
	if err := p.check(entry); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	fmt.Fprintf(out, "proof: entry %d is in the tree of %d that %s signed\n", p.index, p.head.N, key.Name())
	return nil
}

func parseKey(vkey string) (note.Verifier, error) {
	key, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("%w: %q is no verifier key: %v", errUsage, vkey, err)
	}
	return key, nil
}
