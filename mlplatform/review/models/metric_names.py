"""Names of metrics whose direction is no matter of opinion, and the words around them. Data.

They are those of scikit-learn, MLflow's autologging and evaluators, XGBoost, LightGBM, Keras and Hugging Face, in lower
case with ``_`` between words. ``docs/model-report.md`` lists them for reviewers.
"""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Better when higher.
HIGHER = _names("""
    acc accuracy balanced_accuracy precision average_precision mean_average_precision map ap recall sensitivity
    specificity tpr tnr npv ppv true_positive_rate true_negative_rate f1 f2 f05 fbeta f_beta f_measure auc roc_auc
    auroc pr_auc auprc aucpr precision_recall_auc mcc matthews_corrcoef kappa cohen_kappa jaccard iou miou
    mean_iou dice gini r2 adjusted_r2 r_squared adjusted_r_squared explained_variance d2 ndcg dcg mrr
    mean_reciprocal_rank hit_rate bleu sacrebleu rouge1 rouge2 rougel rougelsum rouge_1 rouge_2 rouge_l rouge_lsum
    meteor chrf exact_match silhouette calinski_harabasz adjusted_rand ari nmi ami v_measure homogeneity
    completeness log_likelihood throughput score
""")
# Better when lower.
LOWER = _names("""
    loss logloss mlogloss binary_logloss multi_logloss cross_entropy crossentropy nll perplexity ppl rmse mse mae
    l1 l2 rmsle msle mape smape wape wmape mase mdae medae medape nrmse brier error err merror error_rate
    misclassification_rate fpr fnr fdr false_positive_rate false_negative_rate false_discovery_rate
    false_positives false_negatives eer wer cer ter ece deviance kl_divergence aic bic davies_bouldin fid latency
    response_time inference_time prediction_time
""")
# What a name may end in: f"{what}_recall" is a recall, whatever it is of.
HIGHER_ENDS = _names("""
    accuracy precision recall f1 auc roc_auc auroc r2 iou ndcg specificity sensitivity
""")
LOWER_ENDS = _names("""
    loss logloss crossentropy error rmse mse mae mape smape rmsle deviance latency
""")
# Whose value, on which data, averaged how: not what is measured.
BEFORE = _names("""
    val valid validation test testing train training eval evaluation holdout oof dev cv best final mean avg
    average median epoch system
""")
AFTER = _names("""
    macro micro weighted samples binary score mean avg average ovr ovo k s sec secs second seconds ms millis
    milliseconds us p50 p75 p90 p95 p99 p999 at
""")
# About a metric, or against one: how it scatters, where it is cut off, what it should be. Nothing is known of those.
ABOUT = _names("""
    std stddev stdev var variance sem ci rank n num number count threshold cutoff target goal baseline reference
    ref delta diff difference drop gap change ratio weight weights coef coefficient signed bias min max lower
    upper inv inverse free reduction improvement gain decay
""")
# A mean error is a bias: best at zero. Its own name keeps it from being read as an error.
NEITHER = _names("mean_error me mean_percentage_error mpe mean_signed_error forecast_error")
