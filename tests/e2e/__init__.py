"""Tests of whole deployments: real processes, real sockets."""
