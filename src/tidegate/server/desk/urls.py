"""Pages."""

from __future__ import annotations

from django.urls import path

from tidegate.server.desk.views import queue, review, settings, ticket, views

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("queue/lines", queue.queue_lines, name="queue_lines"),
    path("queue/news", queue.queue_news, name="queue_news"),
    path("queue/preview", queue.queue_preview, name="queue_preview"),
    path("queue/find", queue.queue_find, name="queue_find"),
    path("queue/act", queue.queue_act, name="queue_act"),
    path("queue/undo", queue.queue_undo, name="queue_undo"),
    path("queue/take-back", queue.queue_take_back, name="queue_take_back"),
    path("queue/take", queue.queue_take, name="queue_take"),
    path("settings", settings.settings, name="settings"),
    path("views/save", views.view_save, name="view_save"),
    path("views/delete", views.view_delete, name="view_delete"),
    path("review", review.review, name="review"),
    path("review/answer", review.review_answer, name="review_answer"),
    path("review/card", review.review_card, name="review_card"),
    path("review/export", review.review_export, name="review_export"),
    path("similar", ticket.ticket_similar, name="ticket_similar"),
    path("why", ticket.ticket_why, name="ticket_why"),
    path("customer", ticket.ticket_customer, name="ticket_customer"),
    path("tickets/<path:ticket_id>", ticket.ticket, name="ticket"),
]
