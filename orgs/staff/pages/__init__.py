"""The pages of people and organisations, one file for each place in the menu."""

from __future__ import annotations

from flask import Blueprint

from orgs.staff.pages import account, guide, organisations, people, signing_in, tokens

BLUEPRINTS: tuple[Blueprint, ...] = (signing_in.bp, organisations.bp, people.bp, account.bp, tokens.bp, guide.bp)
