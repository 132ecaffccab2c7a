"""Rules of choice, one a file, each a `Choice` of the file's name: a new one is one file and no other edit."""
